import type { Command } from 'commander';
import { TemplatesAnswer } from '../api/templates-wire.js';
import type { TemplateShape } from '../cloud-api/template-shape.js';
import { didYouMean } from '../flow/reading/finding.js';
import { gapWords } from './account-templates.js';
import { CalledWrongly } from './called-wrongly.js';
import { addServerOptions } from './options.js';
import { connect, type ServerOptions } from './server.js';
import { templateList, templateSnippet } from './template-words.js';
import { processTerminal, type Terminal } from './terminal.js';

export interface TemplatesOptions extends ServerOptions {
  endpoint?: string;
  language?: string;
  json?: boolean;
}

/** `parlance templates [name]` */
export function addTemplates(program: Command, _projectDir: string): void {
  const command = program
    .command('templates')
    .description('which message templates the accounts of a server have; one of them as a step to be copied')
    .argument('[name]', 'show this template as YAML for a flow')
    .option('--endpoint <id>', 'only of the account this endpoint belongs to')
    .option('--language <code>', 'only in this language, such as pt_PT')
    .option('--json', 'for programs');
  addServerOptions(command).action(async (name: string | undefined, options: TemplatesOptions) => {
    await templates(name, options, processTerminal());
  });
}

/** @throws what `Server` throws; CalledWrongly when there is no such endpoint, template or language */
export async function templates(
  name: string | undefined,
  options: TemplatesOptions,
  terminal: Terminal,
): Promise<void> {
  const { endpoint, language } = options;
  const query = endpoint === undefined ? '' : `?endpoint=${encodeURIComponent(endpoint)}`;
  const server = connect(options, terminal.cwd, terminal.env);
  const { accounts } = await server.get(`/templates${query}`, TemplatesAnswer);
  if (accounts.length === 0) {
    const which =
      endpoint === undefined ? 'no endpoint that is switched on' : `no endpoint ${endpoint} that is switched on`;
    throw new CalledWrongly(`${server.url} has ${which}.`);
  }
  const isWanted = (one: TemplateShape) =>
    (name === undefined || one.name === name) && (language === undefined || one.language === language);
  const wanted = accounts.map((account) =>
    account.templates === undefined ? account : { ...account, templates: account.templates.filter(isWanted) },
  );
  for (const account of accounts) terminal.note(gapWords(account));
  const found = wanted.flatMap((account) => account.templates ?? []);
  if (name !== undefined && found.length === 0) throw new CalledWrongly(missing(name, accounts, language));
  if (options.json) terminal.write(`${JSON.stringify({ accounts: wanted }, undefined, 2)}\n`);
  else if (name === undefined) terminal.write(`${wanted.map(templateList).join('\n')}`);
  else terminal.write(found.map(templateSnippet).join('\n'));
}

function missing(name: string, accounts: TemplatesAnswer['accounts'], language: string | undefined): string {
  const all = accounts.flatMap((account) => account.templates ?? []);
  const languages = all.filter((one) => one.name === name).map((one) => one.language);
  if (languages.length > 0)
    return `There is no template ${name} in ${language}; it is there in ${languages.join(', ')}.`;
  const hint =
    didYouMean(name, new Set(all.map((one) => one.name)))?.replaceAll('`', '') ?? 'parlance templates lists them.';
  return `There is no template ${name}: ${hint}`;
}

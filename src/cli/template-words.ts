import { stringify } from 'yaml';
import type { AccountTemplates } from '../api/templates-wire.js';
import type { ButtonNeed, TemplateShape } from '../cloud-api/template-shape.js';
import { accountWords } from './account-templates.js';

/** All templates of an account, a line each. */
export function templateList(account: AccountTemplates): string {
  const { templates = [] } = account;
  const width = (of: (one: TemplateShape) => string) => Math.max(0, ...templates.map((one) => of(one).length));
  const [names, languages, categories] = [
    width(nameOf),
    width(({ language }) => language),
    width(({ category }) => category),
  ];
  const rows = templates.map(
    ({ name, language, category, status }) =>
      `  ${name.padEnd(names)}  ${language.padEnd(languages)}  ${category.toLowerCase().padEnd(categories)}  ${status.toLowerCase()}\n`,
  );
  const none = account.templates === undefined ? '  not known\n' : '  none\n';
  return `Templates of ${accountWords(account)}\n${rows.length === 0 ? none : rows.join('')}`;
}

const nameOf = ({ name }: TemplateShape): string => name;

/** One template, as a step that sends it: ready to be copied into a flow, but for the values. */
export function templateSnippet(shape: TemplateShape): string {
  const { name, language, category, status, says } = shape;
  const about = [
    `${name} in ${language}: ${category.toLowerCase()}, ${status.toLowerCase()}`,
    ...linesOf(says?.header),
    ...linesOf(says?.body),
    ...(says?.buttons ?? []).map((title, index) => `[${index}] ${title}`),
  ];
  const step = [{ say: { template: messageOf(shape) } }];
  return `${about.map((line) => `# ${line}`.trimEnd()).join('\n')}\n${stringify(step, { lineWidth: 0 })}`;
}

function linesOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(/\r\n|\r|\n/);
}

/** What stands for a value nobody has chosen yet. */
const VALUE = '…';
const LINK = 'https://example.com/file';

function messageOf({ name, language, isNamed, header, body, buttons }: TemplateShape): object {
  const gaps = isNamed ? Object.fromEntries(body.map((gap) => [gap, VALUE])) : body.map(() => VALUE);
  const needed = buttons.flatMap((need, index) => {
    const given = BUTTONS[need];
    return given === undefined ? [] : [{ index, ...given }];
  });
  return {
    name,
    language,
    ...(header === undefined ? {} : { header: headerOf(header, isNamed) }),
    ...(body.length === 0 ? {} : { body: gaps }),
    ...(needed.length === 0 ? {} : { buttons: needed }),
  };
}

function headerOf(header: NonNullable<TemplateShape['header']>, isNamed: boolean): object | string {
  switch (header.kind) {
    case 'text':
      return isNamed ? { name: header.gaps[0] ?? '', text: VALUE } : VALUE;
    case 'location':
      return { location: { latitude: 38.7, longitude: -9.1, name: VALUE, address: VALUE } };
    default:
      return { [header.kind]: { link: LINK } };
  }
}

/** What the buttons of a message say; those that ask for nothing are left out. */
const BUTTONS: { readonly [need in ButtonNeed]?: object } = {
  address: { url: VALUE },
  code: { code: VALUE },
  reply: { payload: VALUE },
};

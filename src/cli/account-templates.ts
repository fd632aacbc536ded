import { type AccountTemplates, TemplatesAnswer } from '../api/templates-wire.js';
import type { KnownTemplates } from '../flow/checks/known-templates.js';
import type { Server } from './server.js';

/** What a server knows of its accounts' templates. */
export interface ServerTemplates {
  known: readonly KnownTemplates[];
  /** what it does not know, in words; empty when it knows all */
  gaps: string;
}

/** @throws what `Server` throws */
export async function templatesOf(server: Server): Promise<ServerTemplates> {
  const { accounts } = await server.get('/templates', TemplatesAnswer);
  return {
    known: accounts.flatMap(({ endpoints, templates }) =>
      templates === undefined ? [] : { starts: endpoints, templates },
    ),
    gaps: accounts.map(gapWords).join(''),
  };
}

/** Nothing when Meta told just now. */
export function gapWords(account: AccountTemplates): string {
  const { problem, templates, syncedMs = 0 } = account;
  if (problem === undefined) return '';
  const which = `The templates of ${accountWords(account)} could not be read (${problem})`;
  return templates === undefined
    ? `${which}: they are not known.\n`
    : `${which}: they are those of ${new Date(syncedMs).toISOString().slice(0, 16).replace('T', ' ')}.\n`;
}

export function accountWords({ wabaId, endpoints }: AccountTemplates): string {
  return `account ${wabaId} (${endpoints.map(({ endpoint }) => endpoint).join(', ')})`;
}

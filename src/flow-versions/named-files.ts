import { MANIFEST, ownFilesOf } from '../flow/reading/own-files.js';
import type { LiveSessions } from './live-sessions.js';
import type { FlowStore } from './store.js';

/**
 * The bots' own files that may still be sent: those of the versions endpoints point to, of all that a rollback leads
 * back to, and of those that running sessions began with.
 *
 * @returns hashes of files
 * @throws when not all sessions could be seen: which files they may send is not known then
 */
export async function namedFiles(
  store: Pick<FlowStore, 'read' | 'text'>,
  countSessions: () => Promise<LiveSessions>,
): Promise<Set<string>> {
  // Sessions first: one that begins meanwhile begins with a version that the pointers know.
  const { groups, complete } = await countSessions();
  if (!complete) throw new Error('not all sessions could be read in the time there is');
  const { pointers } = await store.read();
  const versions = new Set(groups.map(({ version }) => version));
  for (const { version, canary, earlier } of pointers.values()) {
    for (const one of [version, ...earlier, ...(canary === undefined ? [] : [canary.version])]) versions.add(one);
  }
  const named = new Set<string>();
  for (const version of versions) {
    const text = await store.text(version, MANIFEST);
    if (text === undefined) continue;
    for (const { sha256 } of ownFilesOf([{ path: MANIFEST, text }])) named.add(sha256);
  }
  return named;
}

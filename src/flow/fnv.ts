/** A short name for a text, not a secure one. @see https://datatracker.ietf.org/doc/draft-eastlake-fnv/ */
export function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

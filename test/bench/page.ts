import { readFileSync, writeFileSync } from 'node:fs';

const PAGE = new URL('../../docs/benchmarks.md', import.meta.url);

/** The parts of the page, each made by a run of its own: what all of it is about, and files. */
export interface Page {
  whole: string;
  /** '' before it was ever measured */
  files: string;
}

/** Where files begin. */
export const FILES = '## Files of 100 MB\n';

export function readPage(text: string): Page {
  const at = text.indexOf(FILES);
  return at < 0 ? { whole: text, files: '' } : { whole: text.slice(0, at), files: text.slice(at) };
}

export function writePage({ whole, files }: Page): string {
  return [whole, files]
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** Writes one part of docs/benchmarks.md; the other stays as it was measured. */
export function writePart(part: Partial<Page>): void {
  writeFileSync(PAGE, writePage({ ...readPage(readFileSync(PAGE, 'utf8')), ...part }));
}

import { expect, it } from 'vitest';
import { FILES, readPage, writePage } from './page.js';

it('a part of the page is written anew without the other', () => {
  const first = writePage({ ...readPage('# Benchmarks\n\nold figures\n'), files: `${FILES}\n8 MiB\n` });
  expect(first).toBe(`# Benchmarks\n\nold figures\n\n${FILES}\n8 MiB\n`);
  const second = writePage({ ...readPage(first), whole: '# Benchmarks\n\nnew figures\n' });
  expect(second).toBe(`# Benchmarks\n\nnew figures\n\n${FILES}\n8 MiB\n`);
  expect(writePage(readPage(second))).toBe(second);
});

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STARTS_TURN } from '../../../src/shared/inbound-kinds.js';
import { readEvents } from '../../../src/webhook/read-events.js';
import { fixtureNames, readFixture } from '../webhook/fixtures.js';

const ROOT = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/whatsapp/inbound.md', ROOT), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| '));
const pages = ['inbound', 'errors', 'media', 'outbound'].map((name) =>
  readFileSync(new URL(`docs/whatsapp/${name}.md`, ROOT), 'utf8'),
);
const shownBy = [...pages.join('\n').matchAll(/`(test\/[^`]+)`: “([^”]+)”/g)].map(([, path = '', name = '']) => ({
  path,
  name,
}));

/** Of fixtures that test what no version of Meta's sends. */
const MADE_UP = new Set(['field_to_come']);

describe('the page of what comes in', () => {
  it('has for each kind of message whether it starts a turn, as the code has it', () => {
    const told = rows.flatMap((row) => {
      const [, kind, starts] = /^\| `(\w+)` \|.* \| (yes|no) \|/.exec(row) ?? [];
      return kind === undefined ? [] : [[kind, starts === 'yes']];
    });
    expect(Object.fromEntries(told)).toEqual(STARTS_TURN);
  });

  it('has a row for every field there is a webhook of', () => {
    const fields = new Set(
      fixtureNames.flatMap((name) => {
        const text = JSON.stringify(readFixture(name));
        return readEvents(JSON.parse(text)).flatMap((event) => (event.kind === 'account' ? [event.field] : []));
      }),
    );
    const named = (field: string) => rows.some((row) => row.split(' | ')[0]?.includes(`\`${field}\``));
    const missing = [...fields, 'user_id_update'].filter((field) => !named(field) && !MADE_UP.has(field));
    expect(missing).toEqual([]);
    expect(fields.size).toBeGreaterThan(25);
  });

  it.each(shownBy)('names a test that is there: $path: $name', ({ path, name }) => {
    const file = new URL(path, ROOT);
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8').replaceAll("\\'", "'")).toMatch(nameOf(name));
  });

  it('shows every row of a table by a test', () => {
    const unshown = rows.filter((row) => !/^\| (---|`?[\w. ]+`? \| what |\| )/.test(row) && !row.includes('`test/'));
    expect(unshown).toEqual([]);
    expect(shownBy.length).toBeGreaterThan(45);
  });
});

/** As a test, a group of them, or a case of one begins: in quotes, or as a key. */
function nameOf(name: string): RegExp {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`['"\`]${literal}|^\\s+\\[?${literal}[:,]`, 'm');
}

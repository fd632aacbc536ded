import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkContent } from '../../../src/cloud-api/check-content.js';
import { errorTable, verdictFor } from '../../../src/cloud-api/errors.js';
import { toRequestBody } from '../../../src/cloud-api/to-wire.js';
import { isJsonObject } from '../../../src/shared/json.js';
import { OUTBOUND_KINDS } from '../../docs/outbound-kinds.js';
import { whatsappPages } from '../../docs/whatsapp-pages.js';

const page = (name: string) => readFileSync(new URL(`../../../docs/whatsapp/${name}`, import.meta.url), 'utf8');

it.each(whatsappPages())('docs/whatsapp/$name is up to date: else run `npm run docs`', ({ name, text }) => {
  expect(page(name)).toBe(text);
});

describe('docs/whatsapp/outbound.md', () => {
  it.each(Object.values(OUTBOUND_KINDS).filter(({ wire }) => wire !== 'as written'))(
    'sends $key as $wire',
    ({ example, wire }) => {
      expect(checkContent(example)).toEqual([]);
      const body = toRequestBody(example, { waId: '351910000002' });
      const interactive = 'interactive' in body && isJsonObject(body.interactive) ? ` ${body.interactive.type}` : '';
      expect(`${body.type}${interactive}`).toBe(wire);
    },
  );

  it.each(
    Object.values(OUTBOUND_KINDS).flatMap(({ key, beyond }) => (beyond === undefined ? [] : [{ key, ...beyond }])),
  )('names the limit $key goes beyond', ({ content, path }) =>
    expect(checkContent(content).map((fault) => fault.path)).toContain(path),
  );
});

describe('docs/whatsapp/errors.md', () => {
  const rows = [...page('errors.md').matchAll(/^\| (\d+)(?: to (\d+))? \| (\w+) \| ([^|]+) \|/gm)];

  it('has all codes there are', () => expect(rows).toHaveLength(errorTable().length));

  it.each(rows.map(([, from = '', to, reason = '', does = '']) => ({ from, to, reason, does })))(
    'tells the truth about $from',
    ({ from, to, reason, does }) => {
      for (const code of [Number(from), Number(to ?? from)]) {
        const verdict = verdictFor({ code, httpStatus: 400, isTransient: false }, 1);
        expect(verdict.reason).toBe(reason);
        expect({ rejected: 'given up', paused: 'paused', retry: 'again after', unknown: '?' }[verdict.outcome]).toBe(
          /^(given up|paused|again after)/.exec(does)?.[1],
        );
        expect(does.includes('may double')).toBe(verdict.mayHaveBeenSent);
        if (verdict.outcome === 'retry') expect(does).toContain(`after ${verdict.afterMs / 1_000} s`);
      }
    },
  );
});

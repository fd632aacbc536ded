import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignedByMeta } from '../../../src/webhook/signature.js';

// As Meta serialises: escaped slashes and letters. Parsed and written again it is another text.
const body = Buffer.from('{"text":"Ol\\u00e1 \\/ \\u003Cb\\u003E"}');
const sign = (bytes: Buffer, secret = 's3cret') => `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;

describe('isSignedByMeta', () => {
  it.each([[['s3cret']], [['previous', 's3cret']], [['', 's3cret']]])('accepts any of the secrets %j', (secrets) => {
    expect(isSignedByMeta(body, sign(body), secrets)).toBe(true);
  });

  it('accepts an empty body that is signed', () => {
    expect(isSignedByMeta(Buffer.alloc(0), sign(Buffer.alloc(0)), ['s3cret'])).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['another secret', sign(body, 'other')],
    ['an empty secret', sign(body, '')],
    ['a cut-off digest', sign(body).slice(0, -2)],
    ['a longer digest', `${sign(body)}00`],
    ['upper-case digits', sign(body).toUpperCase()],
    ['no prefix', sign(body).slice('sha256='.length)],
    ['the prefix of another hash', sign(body).replace('sha256', 'sha1')],
    ['a digest of other letters', `sha256=${'z'.repeat(64)}`],
    ['two digests', `${sign(body)}, ${sign(body)}`],
    ['the signature of re-serialised JSON', sign(Buffer.from(JSON.stringify(JSON.parse(body.toString()))))],
  ])('refuses %s', (_what, header) => expect(isSignedByMeta(body, header, ['s3cret', ''])).toBe(false));

  it('refuses a body with one byte changed', () => {
    const changed = Buffer.from(body);
    changed[10] = 0x41;
    expect(isSignedByMeta(changed, sign(body), ['s3cret'])).toBe(false);
  });

  it('refuses everything without a secret', () => expect(isSignedByMeta(body, sign(body), [])).toBe(false));
});

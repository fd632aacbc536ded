import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toMetaJson } from '../../../src/simulator/meta-json.js';
import { isAppSecretProof, signatureOf } from '../../../src/simulator/signature.js';

describe('JSON as Meta spells it', () => {
  it.each([
    ['accents, lower-case hex', 'äÖñ', '"\\u00e4\\u00d6\\u00f1"'],
    ['emoji as two units', '🌻', '"\\ud83c\\udf3b"'],
    ['slashes', 'https://a/b', '"https:\\/\\/a\\/b"'],
    ['quotes and backslashes', '"\\', '"\\"\\\\"'],
    ['line ends', 'a\nb\u2028', '"a\\nb\\u2028"'],
    ['nothing about < % @', '<%@', '"<%@"'],
    ['the last code unit', '\uffff', '"\\uffff"'],
  ])('escapes %s', (_name, text, spelled) => expect(toMetaJson(text)).toBe(spelled));

  it('escapes keys too', () => expect(toMetaJson({ 'ä/': 1 })).toBe('{"\\u00e4\\/":1}'));

  it('is ASCII and means the same, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = toMetaJson(value);
        expect(text).toMatch(/^[\0-\x7f]*$/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('differs in bytes from what a server gets by serialising again', () => {
    const text = toMetaJson({ body: 'Olá' });
    expect(signatureOf(Buffer.from(text), 's')).not.toBe(
      signatureOf(Buffer.from(JSON.stringify(JSON.parse(text))), 's'),
    );
  });
});

describe('signatures', () => {
  it('are sha256= and the lower-case hex HMAC of the bytes', () => {
    // RFC 4231, test case 2.
    expect(signatureOf(Buffer.from('what do ya want for nothing?'), 'Jefe')).toBe(
      'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it.each([
    ['the right proof', createHmac('sha256', 'secret').update('token').digest('hex'), true],
    ['of another token', createHmac('sha256', 'secret').update('other').digest('hex'), false],
    ['with another secret', createHmac('sha256', 'other').update('token').digest('hex'), false],
    ['cut off', createHmac('sha256', 'secret').update('token').digest('hex').slice(1), false],
    ['nothing', '', false],
  ])('appsecret_proof: %s', (_name, proof, isRight) =>
    expect(isAppSecretProof(proof, 'token', 'secret')).toBe(isRight),
  );
});

import { constants, createCipheriv, createHmac, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decryptJwe, encryptJwe } from '../../../src/simulator/jwe.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const TEXT = '{"text":"Olá 🌻"}';

const encoded = (part: Buffer | string): string => Buffer.from(part).toString('base64url');
const wrap = (key: Buffer): Buffer => publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, key);

/** As another library would write it, step by step of RFC 7516. */
function gcm(enc: string, bits: 128 | 192 | 256, alg = 'RSA-OAEP'): string {
  const header = encoded(JSON.stringify({ alg, enc }));
  const [key, iv] = [randomBytes(bits / 8), randomBytes(12)];
  const cipher = createCipheriv(`aes-${bits}-gcm`, key, iv).setAAD(Buffer.from(header));
  const sealed = Buffer.concat([cipher.update(TEXT), cipher.final()]);
  return [header, ...[wrap(key), iv, sealed, cipher.getAuthTag()].map(encoded)].join('.');
}

function cbc(enc: string, bits: 128 | 192 | 256): string {
  const header = encoded(JSON.stringify({ alg: 'RSA-OAEP', enc }));
  const half = bits / 8;
  const [key, iv] = [randomBytes(half * 2), randomBytes(16)];
  const cipher = createCipheriv(`aes-${bits}-cbc`, key.subarray(half), iv);
  const sealed = Buffer.concat([cipher.update(TEXT), cipher.final()]);
  const length = Buffer.alloc(8);
  length.writeUInt32BE(header.length * 8, 4);
  const hmac = createHmac(`sha${bits * 2}`, key.subarray(0, half));
  const tag = hmac
    .update(Buffer.concat([Buffer.from(header), iv, sealed, length]))
    .digest()
    .subarray(0, half);
  return [header, ...[wrap(key), iv, sealed, tag].map(encoded)].join('.');
}

describe('a JWE', () => {
  it('is read by who has the key', () => {
    expect(decryptJwe(encryptJwe(TEXT, publicKey), privateKey)).toBe(TEXT);
    expect(encryptJwe(TEXT, publicKey)).not.toBe(encryptJwe(TEXT, publicKey));
  });

  it.each([
    ['A128GCM', gcm('A128GCM', 128)],
    ['A192GCM', gcm('A192GCM', 192)],
    ['A256GCM', gcm('A256GCM', 256)],
    ['A128CBC-HS256', cbc('A128CBC-HS256', 128)],
    ['A192CBC-HS384', cbc('A192CBC-HS384', 192)],
    ['A256CBC-HS512', cbc('A256CBC-HS512', 256)],
  ])('is read in %s, and not once a byte of it was changed', (_enc, jwe) => {
    expect(decryptJwe(jwe, privateKey)).toBe(TEXT);
    const parts = jwe.split('.');
    for (const index of parts.keys()) {
      const changed = [...parts];
      const bytes = Buffer.from(changed[index] ?? '', 'base64url');
      bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
      changed[index] = bytes.toString('base64url');
      expect(decryptJwe(changed.join('.'), privateKey)).toBeUndefined();
    }
  });

  it.each([
    ['another key', encryptJwe(TEXT, generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)],
    ['another wrapping', gcm('A256GCM', 256, 'RSA1_5')],
    ['a cipher that is none', gcm('toString', 256)],
    ['a key of another length', gcm('A256GCM', 128)],
    ['parts that are missing', gcm('A256GCM', 256).split('.').slice(0, 4).join('.')],
    ['a tag that was cut', gcm('A256GCM', 256).slice(0, -8)],
    ['nothing', ''],
  ])('is not read with %s', (_name, jwe) => {
    expect(decryptJwe(jwe, privateKey)).toBeUndefined();
  });
});

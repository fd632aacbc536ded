import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { stringAt } from './json.js';

/**
 * JSON Web Encryption in its compact form (RFC 7516), as far as Meta uses it: the key of the content is wrapped with
 * RSA-OAEP, the content is encrypted with AES in GCM, or in CBC beside an HMAC.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7516
 */
interface ContentCipher {
  mode: 'gcm' | 'cbc';
  /** of the key that is wrapped; CBC takes its first half for the HMAC */
  keyBytes: number;
}

const CIPHERS: { readonly [enc: string]: ContentCipher } = {
  A128GCM: { mode: 'gcm', keyBytes: 16 },
  A192GCM: { mode: 'gcm', keyBytes: 24 },
  A256GCM: { mode: 'gcm', keyBytes: 32 },
  'A128CBC-HS256': { mode: 'cbc', keyBytes: 32 },
  'A192CBC-HS384': { mode: 'cbc', keyBytes: 48 },
  'A256CBC-HS512': { mode: 'cbc', keyBytes: 64 },
};

const GCM_TAG_BYTES = 16;
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' } as const;

/** What is encrypted for the owner of a key, with RSA-OAEP and A256GCM as Meta does. */
export function encryptJwe(content: string, publicKey: KeyObject): string {
  const header = Buffer.from(JSON.stringify({ alg: 'RSA-OAEP', enc: 'A256GCM' })).toString('base64url');
  const key = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header));
  const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()]);
  const parts = [publicEncrypt({ key: publicKey, ...OAEP }, key), iv, sealed, cipher.getAuthTag()];
  return [header, ...parts.map((part) => part.toString('base64url'))].join('.');
}

/** @returns undefined for what is no JWE, names an algorithm Meta does not take, or was not made for this key */
export function decryptJwe(jwe: string, privateKey: KeyObject): string | undefined {
  const parts = jwe.split('.');
  const [header = '', ...rest] = parts;
  const [wrapped, iv, sealed, tag] = rest.map((part) => Buffer.from(part, 'base64url'));
  if (parts.length !== 5 || !wrapped || !iv || !sealed || !tag) return undefined;
  const cipher = readHeader(header);
  if (cipher === undefined) return undefined;
  try {
    const key = privateDecrypt({ key: privateKey, ...OAEP }, wrapped);
    if (key.length !== cipher.keyBytes) return undefined;
    const open = cipher.mode === 'gcm' ? openGcm : openCbc;
    return open({ key, iv, sealed, tag, aad: Buffer.from(header) })?.toString('utf8');
  } catch {
    return undefined;
  }
}

function readHeader(header: string): ContentCipher | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    const enc = stringAt(read, 'enc') ?? '';
    return stringAt(read, 'alg') === 'RSA-OAEP' && Object.hasOwn(CIPHERS, enc) ? CIPHERS[enc] : undefined;
  } catch {
    return undefined;
  }
}

interface Sealed {
  key: Buffer;
  iv: Buffer;
  sealed: Buffer;
  tag: Buffer;
  aad: Buffer;
}

function openGcm({ key, iv, sealed, tag, aad }: Sealed): Buffer | undefined {
  if (tag.length !== GCM_TAG_BYTES) return undefined;
  const cipher = key.length === 16 ? 'aes-128-gcm' : key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm';
  const decipher = createDecipheriv(cipher, key, iv).setAAD(aad).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

/** The HMAC covers the header, what is sealed, and how long the header is: RFC 7518, section 5.2. */
function openCbc({ key, iv, sealed, tag, aad }: Sealed): Buffer | undefined {
  const half = key.length / 2;
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(aad.length * 8));
  const hmac = createHmac(`sha${half * 16}`, key.subarray(0, half));
  const expected = hmac.update(aad).update(iv).update(sealed).update(bits).digest().subarray(0, half);
  if (tag.length !== half || !timingSafeEqual(tag, expected)) return undefined;
  const decipher = createDecipheriv(`aes-${half * 8}-cbc`, key.subarray(half), iv);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

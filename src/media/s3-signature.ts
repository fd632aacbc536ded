import { createHash, createHmac } from 'node:crypto';

/** Who signs, and for where. */
export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** e.g. `eu-central-1`; stores without regions take any, mostly `auto` or `us-east-1` */
  region: string;
}

export interface S3Request {
  method: string;
  url: URL;
  /** names in lower case; all of them are signed, so a proxy must not change them. `host` is added */
  headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, hex */
  bodySha256: string;
}

export const EMPTY_SHA256 = createHash('sha256').digest('hex');

/**
 * Signs a request as S3 wants it: AWS Signature Version 4 in a header, over the method, path, query, headers and body.
 *
 * @param nowMs epoch ms; stores refuse what is signed more than 15 minutes before or after their own time
 * @returns the headers to send
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signS3(
  { method, url, headers, bodySha256 }: S3Request,
  { accessKeyId, secretAccessKey, region }: S3Credentials,
  nowMs: number,
): Record<string, string> {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const sent: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': bodySha256,
    'x-amz-date': time,
  };
  const names = Object.keys(sent).sort();
  const canonical = [
    method,
    canonicalPath(url),
    canonicalQuery(url),
    ...names.map((name) => `${name}:${sent[name]?.trim().replace(/ +/g, ' ') ?? ''}`),
    '',
    names.join(';'),
    bodySha256,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...sent, authorization };
}

/** The path as it is signed, and best sent: each part escaped once, with all that S3 escapes and a URL does not. */
export function canonicalPath({ pathname }: URL): string {
  return pathname
    .split('/')
    .map((part) => escapeS3(decodeURIComponent(part)))
    .join('/');
}

/** The query as it is signed, and best sent: sorted, and with an equals sign behind each name. */
export function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => `${escapeS3(name)}=${escapeS3(value)}`);
  return pairs.sort().join('&');
}

/** All but letters, digits and `-._~` in UTF-8, each byte as `%XX`. */
export function escapeS3(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

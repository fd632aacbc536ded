import type { IncomingHttpHeaders } from 'undici/types/header.js';

/** Why a store did not do it. */
export interface S3Refusal {
  status: number;
  /** its word, e.g. `NoSuchBucket`; answers to HEAD have none */
  code: string | undefined;
  /** what to do about it, for an operator */
  advice: string | undefined;
}

export interface S3ListPage {
  /** in the order of their names */
  objects: { key: string; modifiedMs: number }[];
  /** undefined on the last page */
  next: string | undefined;
}

const OTHER_REGION = 'the bucket is in another region than media.s3.region';
const FULL = 'the store is full';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const ADVICE: { readonly [code: string]: string } = {
  InvalidAccessKeyId: 'it does not know media.s3.accessKeyId',
  SignatureDoesNotMatch: 'media.s3.secretAccessKey is not the one of media.s3.accessKeyId',
  AccessDenied: 'the key may not do this with the bucket: it has to put, get, list and delete objects',
  RequestTimeTooSkewed: 'its clock and the clock of this machine differ by more than 15 minutes',
  NoSuchBucket: 'there is no such bucket: its name is the last part of media.s3.url, or the first of its host',
  AuthorizationHeaderMalformed: OTHER_REGION,
  PermanentRedirect: OTHER_REGION,
  TemporaryRedirect: OTHER_REGION,
  IllegalLocationConstraintException: OTHER_REGION,
  BadDigest: 'what arrived there is not what was sent',
  XAmzContentSHA256Mismatch: 'what arrived there is not what was sent',
  SlowDown: 'it is busy',
  ServiceUnavailable: 'it is busy',
  QuotaExceeded: FULL,
  XMinioStorageFull: FULL,
};

const BY_STATUS: { readonly [status: number]: string } = {
  301: OTHER_REGION,
  307: OTHER_REGION,
  403: 'media.s3.accessKeyId, media.s3.secretAccessKey or the rights of the key are wrong',
  503: 'it is busy',
  507: FULL,
};

/** @param body XML, or whatever a proxy before the store says: only words of a known shape are taken from it */
export function readS3Refusal(status: number, headers: IncomingHttpHeaders, body: string): S3Refusal {
  const code = /<Code>([A-Za-z0-9.]{1,60})<\/Code>/.exec(body)?.[1];
  const advice = (code === undefined ? undefined : ADVICE[code]) ?? BY_STATUS[status];
  const region = /<Region>([a-z0-9-]{1,40})<\/Region>/.exec(body)?.[1] ?? regionIn(headers);
  const isTold = advice === OTHER_REGION && region !== undefined;
  return { status, code, advice: isTold ? `${advice}: in ${region}` : advice };
}

function regionIn(headers: IncomingHttpHeaders): string | undefined {
  const told = headers['x-amz-bucket-region'];
  return typeof told === 'string' && /^[a-z0-9-]{1,40}$/.test(told) ? told : undefined;
}

/** @returns undefined for what is no list */
export function readS3List(xml: string): S3ListPage | undefined {
  if (!/<ListBucketResult[\s>]/.test(xml) || !xml.includes('</ListBucketResult>')) return undefined;
  const objects = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, entry = '']) => ({
    key: textIn(entry, 'Key') ?? '',
    modifiedMs: Date.parse(textIn(entry, 'LastModified') ?? ''),
  }));
  const isLast = textIn(xml, 'IsTruncated') !== 'true';
  return { objects, next: isLast ? undefined : textIn(xml, 'NextContinuationToken') };
}

function textIn(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text?.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name)] ?? whole;
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

const ENTITIES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

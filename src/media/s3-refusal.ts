import { z } from 'zod';

/** Why a store did not do it. */
export interface S3Refusal {
  status: number;
  /** its word, e.g. `NoSuchBucket`; answers to HEAD have none */
  code: string | undefined;
  /** what to do about it, for an operator */
  advice: string | undefined;
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

/** A word of a known shape, or none: whatever stands before the store may have written the answer. */
const word = (shape: RegExp) => z.string().regex(shape).optional().catch(undefined);
const region = word(/^[a-z0-9-]{1,40}$/);

/**
 * What the SDK throws when a store answered. `Code` and `Region` are elements of its XML; the name of the error is no
 * code, since the SDK makes one up where there is none.
 */
const Answered = z.object({
  $metadata: z.object({ httpStatusCode: z.int() }),
  Code: word(/^[A-Za-z0-9.]{1,60}$/),
  Region: region,
  $response: z
    .object({ headers: z.object({ 'x-amz-bucket-region': region }) })
    .optional()
    .catch(undefined),
});

/**
 * @param thrown by the SDK
 * @returns undefined when no store has answered
 */
export function readS3Refusal(thrown: unknown): S3Refusal | undefined {
  const { data } = Answered.safeParse(thrown);
  if (data === undefined) return undefined;
  const { $metadata, $response, Code: code } = data;
  const status = $metadata.httpStatusCode;
  const advice = (code === undefined ? undefined : ADVICE[code]) ?? BY_STATUS[status];
  const where = data.Region ?? $response?.headers['x-amz-bucket-region'];
  const isTold = advice === OTHER_REGION && where !== undefined;
  return { status, code, advice: isTold ? `${advice}: in ${where}` : advice };
}

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  canonicalPath,
  canonicalQuery,
  EMPTY_SHA256,
  type S3Request,
  signS3,
} from '../../../src/media/s3-signature.js';

/**
 * The examples AWS publishes with their signatures.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const AT_MS = Date.UTC(2013, 4, 24);
const BUCKET = 'https://examplebucket.s3.amazonaws.com';
const get = (path: string, headers: S3Request['headers'] = {}): S3Request => ({
  method: 'GET',
  url: new URL(BUCKET + path),
  headers,
  bodySha256: EMPTY_SHA256,
});

describe('the signature of a request', () => {
  it.each<[string, S3Request, string]>([
    [
      'gets a part of an object',
      get('/test.txt', { range: 'bytes=0-9' }),
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'puts an object',
      {
        method: 'PUT',
        url: new URL(`${BUCKET}/test$file.text`),
        headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
        bodySha256: createHash('sha256').update('Welcome to Amazon S3.').digest('hex'),
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'asks for a setting, whose name has no value',
      get('/?lifecycle'),
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    ['lists objects', get('/?prefix=J&max-keys=2'), '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
  ])('that %s is the one AWS computes', (_what, request, signature) => {
    const { authorization } = signS3(request, CREDENTIALS, AT_MS);
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, /,
    );
    expect(authorization?.split('Signature=')[1]).toBe(signature);
  });

  it('escapes each part of a path once, whatever the URL left as it was', () => {
    const path = "/a b/ü'(1)*!$&+,;=:@%41%2F~.txt";
    expect(canonicalPath(new URL(`http://s3${path}`))).toBe(
      '/a%20b/%C3%BC%27%281%29%2A%21%24%26%2B%2C%3B%3D%3A%40A%2F~.txt',
    );
  });

  it('sorts a query by what is sent', () => {
    expect(canonicalQuery(new URL('http://s3/?prefix=in/&list-type=2&continuation-token=a+b%3D'))).toBe(
      'continuation-token=a%20b%3D&list-type=2&prefix=in%2F',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { readS3Refusal } from '../../../src/media/s3-refusal.js';

describe('a refusal', () => {
  it('tells words of a known shape, and nothing else of what a proxy may say', () => {
    expect(
      readS3Refusal({
        $metadata: { httpStatusCode: 301 },
        name: 'secret',
        message: 'secret',
        Code: 'Strange Code with spaces',
        Region: 'NOWHERE!',
        $response: { headers: { 'x-amz-bucket-region': '<script>' } },
      }),
    ).toEqual({ status: 301, code: undefined, advice: 'the bucket is in another region than media.s3.region' });
    expect(readS3Refusal({ $metadata: { httpStatusCode: 400 }, Code: 'Unheard.Of' })).toEqual({
      status: 400,
      code: 'Unheard.Of',
      advice: undefined,
    });
    expect(readS3Refusal({ $metadata: { httpStatusCode: 418 }, Code: { b: 'secret' } })).toEqual({
      status: 418,
      code: undefined,
      advice: undefined,
    });
  });

  it.each([
    ['a connection that broke', Object.assign(new Error('no'), { code: 'ECONNRESET', $metadata: { attempts: 3 } })],
    ['anything else', 'no'],
  ])('is not read from %s', (_what, thrown) => {
    expect(readS3Refusal(thrown)).toBeUndefined();
  });
});

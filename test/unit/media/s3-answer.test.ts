import { describe, expect, it } from 'vitest';
import { readS3List, readS3Refusal } from '../../../src/media/s3-answer.js';

describe('a list of objects', () => {
  it('is read with its names as they are and its token as it was given', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>files</Name><Prefix>in/</Prefix>
  <IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b==</NextContinuationToken>
  <Contents><Key>in/a&amp;amp;&#x27;b&#39;&lt;c&gt;&quot;&unknown;&#x110000;</Key><LastModified>2026-11-21T09:00:00.000Z</LastModified><Size>1</Size></Contents>
  <Contents><Key></Key></Contents>
</ListBucketResult>`;
    expect(readS3List(xml)).toEqual({
      objects: [
        { key: `in/a&amp;'b'<c>"&unknown;&#x110000;`, modifiedMs: Date.UTC(2026, 10, 21, 9) },
        { key: '', modifiedMs: Number.NaN },
      ],
      next: 'a&b==',
    });
  });

  it('that is the last page has no token, whatever it says', () => {
    const xml =
      '<ListBucketResult><IsTruncated>false</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>';
    expect(readS3List(xml)).toEqual({ objects: [], next: undefined });
  });

  it.each(['', '<ListBucketResult>', '<html></html>', '{"a":1}'])('is not read from %j', (text) => {
    expect(readS3List(text)).toBeUndefined();
  });
});

describe('a refusal', () => {
  it('tells words of a known shape, and nothing else of what a proxy may say', () => {
    const body = '<Error><Code>Strange Code with spaces</Code><Region>NOWHERE!</Region><Key>in/secret</Key></Error>';
    expect(readS3Refusal(301, { 'x-amz-bucket-region': '<script>' }, body)).toEqual({
      status: 301,
      code: undefined,
      advice: 'the bucket is in another region than media.s3.region',
    });
    expect(readS3Refusal(400, {}, '<Error><Code>Unheard.Of</Code></Error>')).toEqual({
      status: 400,
      code: 'Unheard.Of',
      advice: undefined,
    });
  });
});

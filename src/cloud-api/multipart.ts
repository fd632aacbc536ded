import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

/** A file on its way to Meta. */
export interface UploadFile {
  /** as WhatsApp may show it; quotes and line breaks are left out */
  name: string;
  type: string;
  bytes: number;
  content: Readable;
}

/**
 * The body of an upload: a stream of known length, so the file is never in memory as a whole.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
export function multipart({ name, type, bytes, content }: UploadFile): {
  headers: { 'content-type': string; 'content-length': string };
  body: Readable;
} {
  const boundary = `parlance-${randomBytes(16).toString('hex')}`;
  const field = (key: string, value: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
  const begin = Buffer.from(
    `${field('messaging_product', 'whatsapp')}${field('type', type)}--${boundary}\r\n` +
      `content-disposition: form-data; name="file"; filename="${name.replace(/["\\\r\n]/g, '')}"\r\n` +
      `content-type: ${type}\r\n\r\n`,
  );
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* parts(): AsyncGenerator<Buffer> {
    yield begin;
    for await (const chunk of content) yield chunk;
    yield end;
  }
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(begin.length + bytes + end.length),
    },
    body: Readable.from(parts(), { objectMode: false }),
  };
}

import type { MediaStore } from './media.js';
import type { GraphAnswer } from './send-message.js';

const MIB = 1_048_576;

/**
 * Types Meta takes, and how large each may be. A document may be anything.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
const MOST_BYTES: readonly [type: RegExp, bytes: number][] = [
  [/^image\/(jpeg|png)$/, 5 * MIB],
  [/^image\/webp$/, MIB / 2],
  [/^audio\/(aac|amr|mpeg|mp4|ogg)$/, 16 * MIB],
  [/^video\/(mp4|3gpp)$/, 16 * MIB],
  [/^(application|text)\/[\w.+-]+$/, 100 * MIB],
];

/** `POST /{phone-number-id}/media`: a form with `messaging_product`, `type` and `file`. */
export function takeUpload(media: MediaStore, body: Buffer, contentType: string): GraphAnswer {
  const parts = partsOf(body, contentType);
  const said = (name: string) => parts.get(name)?.content.toString('utf8');
  if (said('messaging_product') !== 'whatsapp') {
    return { fault: { code: 100, details: '(#100) The parameter messaging_product is required.' } };
  }
  const file = parts.get('file');
  if (file === undefined) return { fault: { code: 100, details: 'The parameter file is required.' } };
  const type = bare(file.type ?? said('type') ?? '');
  const most = MOST_BYTES.find(([known]) => known.test(type))?.[1];
  if (most === undefined || bare(said('type') ?? type) !== type) {
    return { fault: { code: 131_053, details: 'The type of the file is not one that is supported.' } };
  }
  if (file.content.length === 0 || file.content.length > most) {
    return { fault: { code: 131_053, details: 'The file is empty, or too large for its type.' } };
  }
  return { body: { id: media.add(file.content, type).id } };
}

interface Part {
  type: string | undefined;
  content: Buffer;
}

/** The parts of a `multipart/form-data` body, by their names; none when it is no such body. */
function partsOf(body: Buffer, contentType: string): Map<string, Part> {
  const parts = new Map<string, Part>();
  const [, quoted, plain] = /^multipart\/form-data;.*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return parts;
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at !== -1; ) {
    const next = body.indexOf(mark, at + mark.length);
    const headEnd = body.indexOf('\r\n\r\n', at);
    if (next === -1 || headEnd === -1 || headEnd > next) break;
    const head = body.toString('utf8', at, headEnd);
    const name = /name="([^"]*)"/i.exec(head)?.[1];
    const type = /^content-type:\s*(\S+)/im.exec(head)?.[1];
    // A line break stands before each mark and belongs to it.
    if (name !== undefined) parts.set(name, { type, content: body.subarray(headEnd + 4, next - 2) });
    at = next;
  }
  return parts;
}

function bare(type: string): string {
  return type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

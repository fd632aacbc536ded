import { BotError } from './errors.js';

/** What WhatsApp calls the kinds of files it carries. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'document', 'sticker'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * What Meta takes from a business, in bytes. A sticker that does not move has a lower limit of its own.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
export const SENT_BYTES_MAX: { readonly [kind in MediaKind]: number } = {
  image: 5 * MIB,
  video: 16 * MIB,
  audio: 16 * MIB,
  document: 100 * MIB,
  sticker: 500 * KIB,
};
export const STILL_STICKER_BYTES_MAX = 100 * KIB;

/** What Meta passes on from a contact, whatever its kind; more is error 131052. Same page. */
export const RECEIVED_MEGABYTES_MAX = 100;

/** A type of file: how it is told by its first bytes, and what Meta takes it for. */
interface FileType {
  type: string;
  extension: string;
  /** kinds Meta lets a business send it as */
  sentAs: readonly MediaKind[];
  looksRight(head: Buffer): boolean;
  /** nothing else looks like this */
  isUnmistakable?: true;
}

const begins =
  (...signatures: readonly (string | readonly number[])[]) =>
  (head: Buffer): boolean =>
    signatures.some((signature) => {
      const bytes = typeof signature === 'string' ? Buffer.from(signature, 'latin1') : Buffer.from(signature);
      return head.subarray(0, bytes.length).equals(bytes);
    });
const hasAt = (head: Buffer, offset: number, text: string): boolean =>
  head.toString('latin1', offset, offset + text.length) === text;

const isBoxed = (head: Buffer): boolean => hasAt(head, 4, 'ftyp');
const isZip = begins('PK\x03\x04');
const isOle = begins([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
const isWebp = (head: Buffer): boolean => hasAt(head, 0, 'RIFF') && hasAt(head, 8, 'WEBP');
const isPdf = (head: Buffer): boolean => head.subarray(0, 1024).includes('%PDF-');
/** MPEG audio, layers 1 to 3. */
const isMpegFrame = (head: Buffer): boolean => head[0] === 0xff && ((head[1] ?? 0) & 0xe6) > 0xe0;
/** AAC in ADTS: the same sync word with layer 0. */
const isAdtsFrame = (head: Buffer): boolean => head[0] === 0xff && ((head[1] ?? 0) & 0xf6) === 0xf0;
const isProgram = begins('MZ', '\x7fELF', '#!', [0xca, 0xfe, 0xba, 0xbe], [0xcf, 0xfa, 0xed, 0xfe]);

const office = 'application/vnd.openxmlformats-officedocument';

/** What WhatsApp carries; other types are known by name only. Same page. */
const FILE_TYPES: readonly FileType[] = [
  {
    type: 'image/jpeg',
    extension: 'jpg',
    sentAs: ['image', 'document'],
    looksRight: begins([0xff, 0xd8, 0xff]),
    isUnmistakable: true,
  },
  {
    type: 'image/png',
    extension: 'png',
    sentAs: ['image', 'document'],
    looksRight: begins([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    isUnmistakable: true,
  },
  {
    type: 'image/webp',
    extension: 'webp',
    sentAs: ['sticker', 'document'],
    looksRight: isWebp,
    isUnmistakable: true,
  },
  { type: 'video/mp4', extension: 'mp4', sentAs: ['video', 'document'], looksRight: isBoxed },
  { type: 'video/3gpp', extension: '3gp', sentAs: ['video', 'document'], looksRight: isBoxed },
  { type: 'audio/mp4', extension: 'm4a', sentAs: ['audio', 'document'], looksRight: isBoxed },
  {
    type: 'audio/aac',
    extension: 'aac',
    sentAs: ['audio', 'document'],
    looksRight: (head) => isAdtsFrame(head) || hasAt(head, 0, 'ADIF') || isBoxed(head),
  },
  {
    type: 'audio/amr',
    extension: 'amr',
    sentAs: ['audio', 'document'],
    looksRight: begins('#!AMR'),
    isUnmistakable: true,
  },
  {
    type: 'audio/mpeg',
    extension: 'mp3',
    sentAs: ['audio', 'document'],
    looksRight: (head) => hasAt(head, 0, 'ID3') || isMpegFrame(head),
  },
  {
    type: 'audio/ogg',
    extension: 'ogg',
    sentAs: ['audio', 'document'],
    looksRight: begins('OggS'),
    isUnmistakable: true,
  },
  { type: 'application/pdf', extension: 'pdf', sentAs: ['document'], looksRight: isPdf, isUnmistakable: true },
  {
    type: 'application/msword',
    extension: 'doc',
    sentAs: ['document'],
    // Word saves RTF under this name, too.
    looksRight: (head) => isOle(head) || hasAt(head, 0, '{\\rtf'),
  },
  { type: 'application/vnd.ms-excel', extension: 'xls', sentAs: ['document'], looksRight: isOle },
  { type: 'application/vnd.ms-powerpoint', extension: 'ppt', sentAs: ['document'], looksRight: isOle },
  { type: `${office}.wordprocessingml.document`, extension: 'docx', sentAs: ['document'], looksRight: isZip },
  { type: `${office}.spreadsheetml.sheet`, extension: 'xlsx', sentAs: ['document'], looksRight: isZip },
  { type: `${office}.presentationml.presentation`, extension: 'pptx', sentAs: ['document'], looksRight: isZip },
  { type: 'text/plain', extension: 'txt', sentAs: ['document'], looksRight: isText },
  { type: 'text/csv', extension: 'csv', sentAs: ['document'], looksRight: isText },
  { type: 'application/zip', extension: 'zip', sentAs: ['document'], looksRight: isZip },
];

/** What an endpoint accepts unless it says otherwise: what Meta's pages name, and tables. */
export const USUAL_TYPES: readonly string[] = FILE_TYPES.map(({ type }) => type).filter(
  (type) => type !== 'application/zip',
);

/** Phones send texts in many encodings: it is one when nothing speaks against it. */
function isText(head: Buffer): boolean {
  if (begins([0xff, 0xfe], [0xfe, 0xff])(head)) return true;
  return !head.includes(0) && !isProgram(head) && !FILE_TYPES.some((one) => one.isUnmistakable && one.looksRight(head));
}

/** A file nobody gave a type. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** First bytes that are enough to tell what a file is. */
export const HEAD_BYTES = 4096;

/** `audio/ogg; codecs=opus` and `AUDIO/OGG` are both `audio/ogg`. '' for what is no type. */
export function bareType(written: string): string {
  const type = written.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(type) ? type : '';
}

/**
 * What a file really is. A phone that calls a PNG `photo.jpg` is mistaken and means no harm; what is told by its bytes to
 * be something else altogether gets no type.
 *
 * @param declared as `bareType` gives it
 * @returns the declared type when the bytes do not speak against it, else the one they show, else undefined
 */
export function realType(declared: string, head: Buffer): string | undefined {
  const known = FILE_TYPES.find(({ type }) => type === declared);
  if (known?.looksRight(head)) return declared;
  const shown = FILE_TYPES.find((one) => one.isUnmistakable && one.looksRight(head))?.type;
  if (known !== undefined) return shown;
  if (isProgram(head)) return undefined;
  return declared === UNKNOWN_TYPE ? (shown ?? declared) : declared;
}

/** Whether something of this type is what a kind promises: a picture under `image`. A document may be anything. */
export function fitsKind(kind: MediaKind, type: string): boolean {
  return kind === 'document' || type.startsWith(kind === 'sticker' ? 'image/' : `${kind}/`);
}

/** `bin` for types nobody listed. */
export function extensionOf(type: string): string {
  return FILE_TYPES.find((one) => one.type === type)?.extension ?? 'bin';
}

/** The type of a file by its ending; `UNKNOWN_TYPE` for endings nobody listed. */
export function typeOfName(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  const alias = extension === 'jpeg' ? 'jpg' : extension === 'opus' ? 'ogg' : extension;
  return FILE_TYPES.find((one) => one.extension === alias)?.type ?? UNKNOWN_TYPE;
}

/** Whether Meta lets a business send a type as this kind; documents may be anything. */
export function isSentAs(kind: MediaKind, type: string): boolean {
  return kind === 'document' || (FILE_TYPES.find((one) => one.type === type)?.sentAs.includes(kind) ?? false);
}

/** Types Meta lets a business send as this kind, for a person. */
export function endingsOf(kind: MediaKind): string[] {
  return FILE_TYPES.filter(({ sentAs }) => sentAs.includes(kind)).map(({ extension }) => extension);
}

/** Whether a WebP moves: bit 1 of the flags of its VP8X chunk. */
export function isAnimatedWebp(head: Buffer): boolean {
  return isWebp(head) && hasAt(head, 12, 'VP8X') && ((head[20] ?? 0) & 0x02) !== 0;
}

/** An entry of an allow-list: `image/png`, `image/*` or `*` followed by `/*`. */
export function isAllowedType(type: string, allowed: readonly string[]): boolean {
  return allowed.some(
    (one) => one === '*/*' || one === type || (one.endsWith('/*') && type.startsWith(one.slice(0, -1))),
  );
}

/** The hash of a file as Meta writes it: base64 in webhooks, hex elsewhere. Both become lower-case hex. */
export function readSha256(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(written)) return written.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(written)) return undefined;
  return Buffer.from(written, 'base64').toString('hex');
}

/** Files could not be kept or read: the disk, the object store, not the file. */
export class MediaStoreError extends BotError {
  override readonly name = 'MediaStoreError';
  readonly code = 'media_store_failed';
}

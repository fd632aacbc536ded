import { isJsonObject, type Json } from '../../shared/json.js';
import {
  endingsOf,
  isSentAs,
  type MediaKind,
  SENT_BYTES_MAX,
  STILL_STICKER_BYTES_MAX,
} from '../../shared/media-types.js';
import type { OwnFile } from '../../shared/message.js';
import { didYouMean, type Problem } from './finding.js';

/**
 * The list of a bot's own files, which stands for them among its flow files: so they are a part of the version, of its
 * hash and of what is deployed, and the bytes lie elsewhere. Made where a folder is read; nobody writes it.
 */
export const MANIFEST = 'media.manifest';

/** The folder of a bot's own files, beside its flows. */
export const OWN_FILES_FOLDER = 'media';

export function isManifest(path: string): boolean {
  return path === MANIFEST || path.endsWith(`/${MANIFEST}`) || path.endsWith(`\\${MANIFEST}`);
}

/** @param files in any order; the same files make the same text */
export function writeManifest(files: readonly OwnFile[]): string {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return `${sorted.map((file) => JSON.stringify(file)).join('\n')}\n`;
}

/** @returns undefined for a text that no version of ours wrote */
function readManifest(text: string): OwnFile[] | undefined {
  const files = text.split('\n').flatMap((line) => (line === '' ? [] : [readLine(line)]));
  return files.every((file) => file !== undefined) ? files : undefined;
}

/** The bot's own files that a version's files name. */
export function ownFilesOf(files: readonly { path: string; text: string }[]): OwnFile[] {
  return files.flatMap(({ path, text }) => (isManifest(path) ? (readManifest(text) ?? []) : []));
}

function readLine(line: string): OwnFile | undefined {
  let value: Json;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { path, sha256, bytes, type, animated } = value;
  if (typeof path !== 'string' || typeof bytes !== 'number' || typeof type !== 'string') return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return { path, sha256, bytes, type, ...(animated === true ? { animated } : {}) };
}

/** A file a message names. It is found when all files of the version are known. */
export class OwnFileName {
  found: OwnFile | undefined;

  constructor(
    readonly path: string,
    readonly kind: MediaKind | 'voice',
  ) {}
}

const KINDS = {
  image: 'an image',
  video: 'a video',
  audio: 'an audio',
  voice: 'a voice message',
  document: 'a document',
  sticker: 'a sticker',
} as const;

/** What WhatsApp would refuse, and what is not there at all. */
export function ownFileProblems(
  { path, kind, found }: OwnFileName,
  at: readonly PropertyKey[],
  known: readonly string[],
): Problem[] {
  if (found === undefined) {
    const hint = didYouMean(path, known) ?? `put it into the folder \`${OWN_FILES_FOLDER}\` beside the flows`;
    return [{ code: 'unknown-file', path: at, message: `there is no file \`${path}\``, hint }];
  }
  const sentAs = kind === 'voice' ? 'audio' : kind;
  const isFit = kind === 'voice' ? found.type === 'audio/ogg' : isSentAs(sentAs, found.type);
  if (!isFit) {
    const endings = kind === 'voice' ? ['ogg'] : endingsOf(sentAs);
    const message = `${KINDS[kind]} is one of ${endings.join(', ')}, and \`${path}\` is ${found.type}`;
    return [{ code: 'whatsapp-limit', path: at, message, hint: 'its bytes count, not its name' }];
  }
  const isStill = kind === 'sticker' && found.animated !== true;
  const most = isStill ? STILL_STICKER_BYTES_MAX : SENT_BYTES_MAX[sentAs];
  if (found.bytes <= most) return [];
  const what = isStill ? 'a sticker that does not move' : KINDS[kind];
  const message = `\`${path}\` has ${sizeOf(found.bytes)}; ${what} has ${sizeOf(most)} at most`;
  return [{ code: 'whatsapp-limit', path: at, message }];
}

function sizeOf(bytes: number): string {
  return bytes >= 1_048_576 ? `${(bytes / 1_048_576).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`;
}

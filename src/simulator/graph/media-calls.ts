import { z } from 'zod';
import { kindsOf, MEDIA_LIMITS } from '../media-limits.js';
import type { World } from '../world.js';
import { readParams, text, wholeNumber } from './params.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './route.js';
import { noSuchNode, onNumber, refusal } from './route.js';

/**
 * Uploads: `POST /{phone-number-id}/media` for messages, `POST /{app-id}/uploads` and `POST /upload:…` for what belongs to a
 * template or the profile.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
export function mediaRoutes(world: World): GraphRoute[] {
  return [
    { method: 'post', path: '/:node/media', handle: onNumber(world, (_number, call) => upload(world, call)) },
    { method: 'post', path: '/:node/uploads', handle: (call) => beginUpload(world, call) },
  ];
}

function upload(world: World, { body, file }: GraphCall): GraphAnswer {
  const read = readParams(
    z.looseObject({ messaging_product: z.literal('whatsapp'), type: text(128).optional() }),
    body,
  );
  if ('fault' in read) return read;
  if (file === undefined) return refusal(100, 'The parameter file is required.');
  // The part's own type wins; a client that sends none names it in `type`.
  const isTyped = file.mimeType !== '' && file.mimeType !== 'application/octet-stream';
  const mimeType = isTyped ? file.mimeType : (read.params.type ?? file.mimeType);
  if (!mimeType.includes('/')) return refusal(131_053, 'The file has no MIME type.');
  const said = read.params.type;
  if (said?.includes('/') === true && bare(said) !== bare(mimeType)) {
    return refusal(131_053, 'The file is not of the type that was said.');
  }
  if (file.bytes.length === 0 || kindsOf(mimeType, file.bytes.length).length === 0) {
    return refusal(131_053, 'The file is empty, or too big for its type.');
  }
  return { body: { id: world.media.add(file.bytes, mimeType, 'uploaded').id } };
}

const bare = (type: string): string => type.split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** `GET /{media-id}`: with `phone_number_id` only when it is a number of the account. */
export function readMedia(world: World, call: GraphCall): GraphAnswer | undefined {
  const media = world.media.get(call.node);
  if (media === undefined) return undefined;
  const owner = call.query.phone_number_id;
  if (owner !== undefined && !world.numbers.has(owner)) return { fault: noSuchNode };
  return { body: world.media.asNode(media, call.origin) };
}

function beginUpload(world: World, { node, body }: GraphCall): GraphAnswer {
  if (node !== world.options.appId) return { fault: noSuchNode };
  const read = readParams(
    z.looseObject({ file_length: wholeNumber, file_type: text(128), file_name: text(256).optional() }),
    body,
  );
  if ('fault' in read) return read;
  if (read.params.file_length > MEDIA_LIMITS.document.maxBytes) return refusal(100, 'The file is too big.');
  return { body: { id: world.media.beginUpload(read.params.file_length, read.params.file_type) } };
}

/** `POST /upload:…` with `file_offset`: the bytes from there on. */
export function continueUpload(world: World, call: GraphCall): GraphAnswer {
  const id = uploadId(call);
  const there = world.media.uploaded(id);
  if (there === undefined) return { fault: noSuchNode };
  if (Number(call.headers.file_offset ?? 0) !== there) {
    return refusal(100, 'file_offset is not where the upload stands.');
  }
  const handle = world.media.append(id, call.raw);
  return { body: handle === undefined ? { id, file_offset: world.media.uploaded(id) ?? 0 } : { h: handle } };
}

/** `GET /upload:…`: how far it is. */
export function uploadState(world: World, call: GraphCall): GraphAnswer | undefined {
  const id = uploadId(call);
  const there = world.media.uploaded(id);
  return there === undefined ? undefined : { body: { id, file_offset: there } };
}

/** The signature is a part of the id, and looks like a query. */
const uploadId = ({ node, query }: GraphCall): string => (query.sig === undefined ? node : `${node}?sig=${query.sig}`);

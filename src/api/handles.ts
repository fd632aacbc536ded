import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Request, RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { CallOptions, CloudApiClient } from '../cloud-api/client.js';
import type { Refusal } from '../cloud-api/outcome.js';
import { type ResumableFile, uploadResumably } from '../media/resumable-upload.js';
import { spool } from '../media/spool.js';
import {
  HEAD_BYTES,
  isSentAs,
  MEDIA_KINDS,
  MediaStoreError,
  realType,
  SENT_BYTES_MAX,
  typeOfName,
} from '../shared/media-types.js';
import { HANDLE_TYPES, type HandleAnswer, HandleQuery, PICTURE_TYPES } from './handles-wire.js';

/** Whose app takes the file. */
export interface AppEndpoint {
  id: string;
  appId: string;
}

export interface HandlesDeps<E extends AppEndpoint> {
  /** those that are switched on, as they are now */
  endpoints(): readonly E[];
  clientFor(endpoint: E): CloudApiClient;
  callOptions(endpoint: E): CallOptions;
  arrivingDir: string;
  /** ms, for what is missing of a file */
  timeoutMs: number;
  log: Logger;
}

/** An ending that is no success: the status, the word for it, and what to do. */
class Refused extends Error {
  constructor(
    readonly status: number,
    readonly word: string,
    message: string,
  ) {
    super(message);
  }
}

/** `PUT /ops/handles/:name`: gives Meta a file for a template's header, or for the profile of a number. */
export function createHandlesHandler<E extends AppEndpoint>(deps: HandlesDeps<E>): RequestHandler {
  const { clientFor, callOptions, arrivingDir, timeoutMs, log } = deps;

  /** @throws Refused */
  function wanted(req: Request): { endpoint: E; name: string; type: string; isPicture: boolean } {
    const query = HandleQuery.safeParse(req.query);
    if (!query.success) throw new Refused(400, 'bad_request', 'as=sample or as=picture is expected.');
    const { as, endpoint: id } = query.data;
    const name = String(req.params.name);
    const type = typeOfName(name);
    const isPicture = as === 'picture';
    if (!(isPicture ? PICTURE_TYPES : HANDLE_TYPES).includes(type)) {
      const takes = isPicture ? 'JPEG and PNG for a profile' : 'JPEG, PNG, MP4 and PDF for a template';
      throw new Refused(415, 'wrong_type', `Meta takes ${takes}; the name of the file ends otherwise.`);
    }
    const all = deps.endpoints();
    const fitting = id === undefined ? all : all.filter((one) => one.id === id);
    const names = all.map((one) => one.id).join(', ');
    const [endpoint] = fitting;
    if (endpoint === undefined) {
      const there = all.length === 0 ? 'none is switched on' : `there are ${names}`;
      throw new Refused(404, 'unknown_endpoint', `There is no such endpoint: ${there}.`);
    }
    // A sample is known to the whole app, a picture to one number.
    if (isPicture ? fitting.length > 1 : fitting.some(({ appId }) => appId !== endpoint.appId)) {
      throw new Refused(409, 'which_endpoint', `Say which endpoint it is for: ${names}.`);
    }
    return { endpoint, name, type, isPicture };
  }

  /** @throws Refused, MediaStoreError */
  async function give(req: Request, signal: AbortSignal): Promise<HandleAnswer | undefined> {
    const { endpoint, name, type, isPicture } = wanted(req);
    const path = join(arrivingDir, randomBytes(12).toString('hex'));
    try {
      const { bytes } = (await spool(req, path, mostBytes(type))) ?? { bytes: Number.POSITIVE_INFINITY };
      if (bytes > mostBytes(type)) {
        const most = mostBytes(type) / 1_048_576;
        throw new Refused(413, 'too_large', `The file is larger than the ${most} MB that WhatsApp takes of its type.`);
      }
      if (realType(type, await headOf(path)) !== type) {
        throw new Refused(415, 'wrong_type', `The file is no ${type}, whatever its name says.`);
      }
      const file: ResumableFile = { path, name, type, bytes };
      const client = clientFor(endpoint);
      const call = callOptions(endpoint);
      const given = await uploadResumably({ client, call, appId: endpoint.appId, file, timeoutMs, signal });
      if (given.outcome === 'not_wanted') return undefined;
      if (given.outcome === 'refused') throw refusedBy(given.refusal);
      if (isPicture) {
        const set = await client.setProfilePicture({ ...call, handle: given.handle });
        if (set.outcome !== 'done') throw refusedBy(set);
      }
      log.info({ endpoint: endpoint.id, as: isPicture ? 'picture' : 'sample', bytes }, 'file given to Meta');
      return { handle: given.handle, endpoint: endpoint.id };
    } finally {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }

  return async (req, res) => {
    const gone = new AbortController();
    res.on('close', () => gone.abort());
    try {
      const answer = await give(req, gone.signal);
      if (answer !== undefined) res.json(answer);
    } catch (err) {
      // Whoever has hung up needs no answer.
      if (res.destroyed) return;
      // Whoever still sends reads the answer behind it.
      req.resume();
      if (err instanceof Refused) return void res.status(err.status).json({ error: err.word, message: err.message });
      if (!(err instanceof MediaStoreError)) throw err;
      log.error({ err }, 'a file for Meta could not be kept on its way');
      res.status(507).json({ error: 'store_failed', message: `The server could not store the file: ${err.message}.` });
    }
  };
}

function refusedBy({ reason, ...more }: Refusal): Refused {
  const code = 'code' in more && more.code !== undefined ? `, error ${more.code}` : '';
  return new Refused(502, 'meta_refused', `Meta did not take the file (${reason}${code}).`);
}

/** What WhatsApp takes of a type, under the kind that takes least. */
function mostBytes(type: string): number {
  const kinds = MEDIA_KINDS.filter((kind) => isSentAs(kind, type));
  return Math.min(...kinds.map((kind) => SENT_BYTES_MAX[kind]));
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

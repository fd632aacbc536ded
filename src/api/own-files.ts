import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { OwnFileStore } from '../media/own-file-store.js';
import { MediaStoreError, SENT_BYTES_MAX } from '../shared/media-types.js';

const REFUSALS = {
  wrong: { status: 422, error: 'wrong_file', message: 'The file does not have the hash it was announced with.' },
  tooLarge: {
    status: 413,
    error: 'too_large',
    message: `A file beside the flows is larger than the ${SENT_BYTES_MAX.document / 1_048_576} MB that WhatsApp takes.`,
  },
} as const;

/**
 * `PUT /ops/flows/files/:sha256`: a file of a bot's own, whole, as its body. `parlance deploy` sends those that a dry run
 * named as missing, before the version that needs them.
 */
export function createOwnFileHandler(files: Pick<OwnFileStore, 'take'>, log: Logger): RequestHandler {
  return async (req, res) => {
    const sha256 = String(req.params.sha256);
    const isTooLarge = Number(req.headers['content-length'] ?? 0) > SENT_BYTES_MAX.document;
    try {
      const taken = isTooLarge ? 'tooLarge' : /^[0-9a-f]{64}$/.test(sha256) ? await files.take(sha256, req) : 'wrong';
      if (taken === 'taken') return void res.status(200).json({ taken: true });
      // Whoever still sends reads the answer behind it.
      req.resume();
      const { status, ...refusal } = REFUSALS[taken];
      res.status(status).json(refusal);
    } catch (err) {
      // Whoever has hung up needs no answer, and sends it again. A body that was read to its end is destroyed as well.
      if (req.destroyed && !req.complete) return;
      if (!(err instanceof MediaStoreError)) throw err;
      log.error({ err }, 'a file of a flow could not be stored');
      res.status(507).json({ error: 'store_failed', message: `The server could not store a file: ${err.message}.` });
    }
  };
}

import type { RequestHandler } from 'express';
import type { OwnFileStore } from '../media/own-file-store.js';

/**
 * `PUT /ops/flows/files/:sha256`: a file of a bot's own, whole, as its body. `parlance deploy` sends those that a dry run
 * named as missing, before the version that needs them.
 */
export function createOwnFileHandler(files: Pick<OwnFileStore, 'take'>): RequestHandler {
  return async (req, res) => {
    const sha256 = String(req.params.sha256);
    const taken = /^[0-9a-f]{64}$/.test(sha256) ? await files.take(sha256, req) : 'wrong';
    if (taken === 'taken') return void res.status(200).json({ taken: true });
    res.status(422).json({
      error: 'wrong_file',
      message: 'The file does not have the hash it was announced with, or it is larger than WhatsApp takes.',
    });
  };
}

import type { RequestHandler } from 'express';

/**
 * Reads a piece of a resumable upload. When the connection breaks, what came before it counts: the bot asks how far it is
 * and goes on there.
 */
export function readUpload(maxBytes: number): RequestHandler {
  return (req, res, next) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    function end(then: () => void): void {
      if (isOver) return;
      isOver = true;
      then();
    }
    const goOn = () => {
      req.body = Buffer.concat(parts);
      next();
    };
    req.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= maxBytes) parts.push(part);
      else end(() => res.status(413).end());
    });
    req.on('end', () => end(goOn));
    req.on('error', () => end(goOn));
    req.on('close', () => end(goOn));
  };
}

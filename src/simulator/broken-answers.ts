import type { Response } from 'express';
import type { JsonObject } from './json.js';
import { toMetaJson } from './meta-json.js';
import type { BrokenAnswer } from './rules.js';

const HUGE_BYTES = 3 * 1024 * 1024;

const HTML =
  '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>';

const ERROR: JsonObject = {
  error: { message: '(#131000) Something went wrong', type: 'OAuthException', code: 131_000, fbtrace_id: 'Abroken' },
};

/** Whether the call did what it asked for, unless a rule says otherwise: where the answer broke after the work. */
export function isUsuallyProcessed(answer: BrokenAnswer): boolean {
  return answer === 'empty' || answer === 'not-json' || answer === 'cut' || answer === 'huge' || answer === 'reset';
}

/**
 * Answers as Graph never should.
 *
 * @param good what the answer would have been
 * @returns the HTTP status a client sees; undefined when it sees none
 */
export function writeBroken(res: Response, answer: BrokenAnswer, good: JsonObject): number | undefined {
  const json = 'application/json; charset=UTF-8';
  switch (answer) {
    case 'html':
      res.status(502).type('text/html').end(HTML);
      return 502;
    case 'empty':
      res.status(200).type(json).end();
      return 200;
    case 'not-json':
      res.status(200).type('text/plain').end('OK');
      return 200;
    case 'error-in-200':
      res.status(200).type(json).end(toMetaJson(ERROR));
      return 200;
    case 'bare-400':
      res.status(400).end();
      return 400;
    case 'huge':
      res
        .status(200)
        .type(json)
        .end(toMetaJson({ ...good, padding: 'x'.repeat(HUGE_BYTES) }));
      return 200;
    case 'cut': {
      const bytes = Buffer.from(toMetaJson(good));
      res.status(200).type(json).set('content-length', String(bytes.length));
      // The first half is on its way before the line breaks.
      res.write(bytes.subarray(0, bytes.length >> 1), () => res.destroy());
      return 200;
    }
    case 'reset':
      res.destroy();
      return undefined;
  }
}

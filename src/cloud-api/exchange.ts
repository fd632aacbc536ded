import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { HttpAnswer } from './read-answer.js';

/** One request and what came of it. `written` is the line that matters: before it, nothing can have been sent. */
export type Exchange =
  | { ended: 'answered'; answer: HttpAnswer }
  | { ended: 'not_written'; reason: string }
  | { ended: 'lost'; reason: string };

export interface ExchangeRequest {
  /** `POST` unless it says otherwise */
  method?: 'GET' | 'POST';
  /** with query */
  path: string;
  headers: Record<string, string>;
  /** a stream is destroyed when the request ends early */
  body?: string | Readable;
  /** ms, for a free connection and again for the answer once the request is written */
  timeoutMs: number;
  maxAnswerBytes: number;
}

/**
 * Asks once, and never twice: a POST whose connection breaks is not repeated here, as only Meta knows if it arrived.
 *
 * One deadline stands in for timeouts of headers and body, so that an answer that drips in byte by byte ends too.
 *
 * @returns however it ended; never rejects
 */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<Exchange> {
  return new Promise((resolve) => {
    const { method = 'POST', path, headers, body = null, timeoutMs, maxAnswerBytes } = request;
    let controller: Dispatcher.DispatchController | undefined;
    let started: Pick<HttpAnswer, 'status' | 'headers'> | undefined;
    let isOver = false;
    let bytes = 0;
    const chunks: Buffer[] = [];
    const deadline = setTimeout(() => {
      if (controller === undefined) end({ ended: 'not_written', reason: 'no_connection_in_time' });
      else end({ ended: 'lost', reason: started === undefined ? 'answer_timeout' : 'answer_body_timeout' });
    }, timeoutMs);

    function end(result: Exchange): void {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      resolve(result);
      if (result.ended !== 'answered') controller?.abort(new Error(result.reason));
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(given) {
        // Given up while it waited for a connection, or about to be written a second time.
        if (isOver || controller !== undefined) return given.abort(new Error('written once at most'));
        controller = given;
        deadline.refresh();
      },
      onResponseStart(_controller, status, answerHeaders) {
        // 1xx answers come before the one that counts.
        if (status >= 200) started = { status, headers: answerHeaders };
      },
      onResponseData(_controller, chunk) {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) end({ ended: 'lost', reason: 'answer_too_big' });
        else chunks.push(chunk);
      },
      onResponseEnd() {
        if (started === undefined) return end({ ended: 'lost', reason: 'answer_cut' });
        end({ ended: 'answered', answer: { ...started, body: Buffer.concat(chunks).toString('utf8') } });
      },
      onResponseError(_controller, err) {
        if (controller === undefined) end({ ended: 'not_written', reason: connectReason(err) });
        else end({ ended: 'lost', reason: started === undefined ? lostReason(err) : 'answer_cut' });
      },
    };
    try {
      dispatcher.dispatch({ method, path, headers, body }, handler);
    } catch (err) {
      // Only what cannot be put into a request, or a closed pool, throws.
      end({ ended: 'not_written', reason: connectReason(err) });
    }
  });
}

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EHOSTUNREACH: 'host_unreachable',
  ENETUNREACH: 'host_unreachable',
  ENOTFOUND: 'name_not_found',
  EAI_AGAIN: 'name_not_found',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_INVALID_ARG: 'request_unusable',
  UND_ERR_CLOSED: 'client_closed',
  UND_ERR_DESTROYED: 'client_closed',
};

/** Fixed words, as an error's message may quote the header it complains about. */
function connectReason(err: unknown): string {
  const code = codeOf(err);
  return CONNECT_REASONS[code] ?? (/CERT|TLS|SSL|SIGNED/.test(code) ? 'tls_failed' : 'connect_failed');
}

function lostReason(err: unknown): string {
  return err instanceof Error && err.name === 'HTTPParserError' ? 'answer_not_http' : 'connection_lost';
}

function codeOf(err: unknown): string {
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : '';
}

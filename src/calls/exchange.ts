import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Dispatcher } from 'undici';

/** Why a request got no answer that can be used. Fixed words: flows branch on them and metrics count them. */
export type Fault =
  /** no `http:` or `https:` URL, or one with a user and password in it */
  | 'badUrl'
  /** a header with a line break or another character headers cannot have */
  | 'badHeader'
  /** an address flows may not call */
  | 'privateAddress'
  | 'hostNotFound'
  | 'refused'
  | 'tls'
  | 'timeout'
  /** the connection broke */
  | 'network'
  /** more than the limit, also once unpacked */
  | 'tooLarge'
  /** not HTTP, headers over 16 KiB, a body that does not unpack */
  | 'badAnswer'
  /** this process is stopping: not a fault of the flow or the server */
  | 'stopping';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** unpacked */
  body: Buffer;
}

/** `written: false`: the server cannot have seen anything of it. */
export type Exchanged = { ended: 'answered'; answer: Answer } | { ended: 'failed'; fault: Fault; written: boolean };

export interface OneRequest {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
  /** for everything: the connection, the request, the last byte of the answer */
  timeoutMs: number;
  maxBytes: number;
}

/**
 * One request and its answer, whole and unpacked. Follows no redirect and repeats nothing.
 *
 * One deadline stands in for timeouts of headers and body, so that an answer that drips in byte by byte ends too; what
 * goes over the limit is cut off when it does, not when it has arrived.
 *
 * @returns however it ended; never rejects
 */
export async function exchange(dispatcher: Dispatcher, request: OneRequest): Promise<Exchanged> {
  const exchanged = await dispatched(dispatcher, request);
  if (exchanged.ended === 'failed') return exchanged;
  const { answer } = exchanged;
  try {
    const body = await unpacked(answer.body, answer.headers['content-encoding'], request.maxBytes);
    return { ended: 'answered', answer: { ...answer, body } };
  } catch (err) {
    return { ended: 'failed', fault: codeOf(err) === 'ERR_BUFFER_TOO_LARGE' ? 'tooLarge' : 'badAnswer', written: true };
  }
}

function dispatched(dispatcher: Dispatcher, request: OneRequest): Promise<Exchanged> {
  return new Promise((resolve) => {
    const { url, method, headers, body, timeoutMs, maxBytes } = request;
    let controller: Dispatcher.DispatchController | undefined;
    let started: Pick<Answer, 'status' | 'headers'> | undefined;
    let isOver = false;
    let bytes = 0;
    const chunks: Buffer[] = [];
    const deadline = setTimeout(() => fail('timeout'), timeoutMs);

    function end(result: Exchanged): void {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      resolve(result);
      if (result.ended === 'failed') controller?.abort(new Error(result.fault));
    }

    function fail(fault: Fault): void {
      end({ ended: 'failed', fault, written: controller !== undefined });
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(given) {
        // Given up while it waited for a connection, or about to be written a second time.
        if (isOver || controller !== undefined) return given.abort(new Error('written once at most'));
        controller = given;
      },
      onResponseStart(_controller, status, answerHeaders) {
        // 1xx answers come before the one that counts.
        if (status >= 200) started = { status, headers: answerHeaders };
        if (Number(answerHeaders['content-length'] ?? 0) > maxBytes && method !== 'HEAD') fail('tooLarge');
      },
      onResponseData(_controller, chunk) {
        bytes += chunk.length;
        if (bytes > maxBytes) fail('tooLarge');
        else chunks.push(chunk);
      },
      onResponseEnd() {
        if (started === undefined) return fail('network');
        end({ ended: 'answered', answer: { ...started, body: Buffer.concat(chunks) } });
      },
      onResponseError(_controller, err) {
        fail(controller === undefined ? connectFault(err) : lostFault(err));
      },
    };
    try {
      const path = `${url.pathname}${url.search}`;
      dispatcher.dispatch({ origin: url.origin, path, method, headers, body: body ?? null }, handler);
    } catch (err) {
      // Only what cannot be put into a request, or a closed agent, throws.
      fail(connectFault(err));
    }
  });
}

const UNPACK = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/** @throws what zlib throws: ERR_BUFFER_TOO_LARGE, or that it is no packed data */
async function unpacked(body: Buffer, encoding: string | string[] | undefined, maxOutputLength: number) {
  const name = String(encoding ?? 'identity').toLowerCase();
  if (name === 'identity' || name === '' || body.length === 0) return body;
  const unpack = Object.entries(UNPACK).find(([known]) => known === name)?.[1];
  if (unpack === undefined) throw new Error('an encoding nobody asked for');
  return unpack(body, { maxOutputLength });
}

const CONNECT_FAULTS: Readonly<Record<string, Fault>> = {
  private_address: 'privateAddress',
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'hostNotFound',
  EAI_AGAIN: 'hostNotFound',
  ENODATA: 'hostNotFound',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_CLOSED: 'stopping',
  UND_ERR_DESTROYED: 'stopping',
  UND_ERR_INVALID_ARG: 'badHeader',
};

/** Fixed words, as an error's message may quote the header it complains about. */
function connectFault(err: unknown): Fault {
  const code = codeOf(err);
  return CONNECT_FAULTS[code] ?? (/CERT|TLS|SSL|SIGNED/.test(code) ? 'tls' : 'network');
}

function lostFault(err: unknown): Fault {
  const code = codeOf(err);
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return 'stopping';
  const isNoHttp = err instanceof Error && err.name === 'HTTPParserError';
  return isNoHttp || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'badAnswer' : 'network';
}

/** Several addresses tried and failed come as one error around theirs. */
function codeOf(err: unknown): string {
  if (err instanceof AggregateError && err.errors.length > 0) return codeOf(err.errors[0]);
  return err instanceof Error && 'code' in err && typeof err.code === 'string' ? err.code : '';
}

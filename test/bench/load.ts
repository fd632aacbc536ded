import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type OutsideStatus,
  type OutsideText,
  signatureOf,
  WEBHOOK_PATH,
  webhookBody,
} from '../support/meta-webhooks.js';

/**
 * The load generator: prepared requests over bare sockets, as every body is new and signed, and the generator shares the
 * machine with what it measures. (autocannon repeats a few bodies, or makes each while it measures.)
 */

/** A signed webhook as it goes over the wire. */
export function prepare(texts: readonly OutsideText[], statuses: readonly OutsideStatus[] = []): Buffer {
  const body = webhookBody(texts, statuses);
  const head = `POST ${WEBHOOK_PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-hub-signature-256: ${signatureOf(body)}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

export interface LoadResult {
  answered: number;
  /** answers that were not 200 */
  refused: number;
  seconds: number;
}

/** Keeps `connections` busy, one request in flight on each, until the time is over or the requests have run out. */
export async function saturate(
  port: number,
  requests: readonly Buffer[],
  { connections, seconds }: { connections: number; seconds: number },
): Promise<LoadResult> {
  let next = 0;
  let refused = 0;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const startedAt = performance.now();
  const untilMs = startedAt + seconds * 1000;
  await Promise.all(
    sockets.map(async (socket) => {
      while (performance.now() < untilMs) {
        const request = requests[next++];
        if (request === undefined) break;
        if ((await socket.ask(request)) !== 200) refused += 1;
      }
    }),
  );
  const took = (performance.now() - startedAt) / 1000;
  for (const socket of sockets) socket.close();
  return { answered: Math.min(next, requests.length), refused, seconds: took };
}

/**
 * Sends the requests at an even rate, whether or not earlier ones were answered.
 *
 * @returns when each was sent, `performance.now()`
 */
export async function pace(
  port: number,
  requests: readonly Buffer[],
  perSec: number,
): Promise<{ sentAtMs: number[]; refused: number }> {
  const idle: Asker[] = [];
  const all: Asker[] = [];
  const sentAtMs: number[] = [];
  const asked: Promise<void>[] = [];
  let refused = 0;
  const startedAt = performance.now();

  async function send(request: Buffer): Promise<void> {
    const socket = idle.pop() ?? (await open(port));
    if (!all.includes(socket)) all.push(socket);
    if ((await socket.ask(request)) !== 200) refused += 1;
    idle.push(socket);
  }

  for (let i = 0; i < requests.length; ) {
    const due = Math.min(requests.length, Math.floor(((performance.now() - startedAt) * perSec) / 1000) + 1);
    for (; i < due; i++) {
      const request = requests[i];
      if (request === undefined) break;
      sentAtMs[i] = performance.now();
      asked.push(send(request));
    }
    await sleep(1);
  }
  await Promise.all(asked);
  for (const socket of all) socket.close();
  return { sentAtMs, refused };
}

interface Asker {
  /** one at a time. @returns the HTTP status; 0 when the connection ended */
  ask(request: Buffer): Promise<number>;
  close(): void;
}

async function open(port: number): Promise<Asker> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let answer = '';
  let resolveAsk: ((status: number) => void) | undefined;
  const done = (status: number) => {
    answer = '';
    resolveAsk?.(status);
    resolveAsk = undefined;
  };
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    const headEnd = answer.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
    if (answer.length >= headEnd + 4 + length) done(Number(answer.slice(9, 12)));
  });
  socket.on('close', () => done(0));
  socket.on('error', () => undefined);
  return {
    ask: (request) =>
      new Promise((resolve) => {
        resolveAsk = resolve;
        socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}

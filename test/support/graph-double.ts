import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A message Meta would deliver. */
export interface TakenMessage {
  phoneNumberId: string;
  /** digits of the number, or the BSUID */
  to: string;
  text: string;
  callbackData: string;
  wamid: string;
  /** `performance.now()` when the request had arrived */
  atMs: number;
}

/**
 * `refuse`: HTTP 503 and nothing taken. `take_and_refuse`: HTTP 503 although taken. `take_and_hang_up`: taken, and the
 * connection ends without an answer.
 */
export type SendFault = 'refuse' | 'take_and_refuse' | 'take_and_hang_up';

export interface GraphDoubleOptions {
  /** how long an answer takes after the message was taken */
  answerAfterMs?: () => number;
  /** asked once a message, at its first try */
  faultOf?: () => SendFault | undefined;
  onTaken(message: TakenMessage): void;
}

export interface GraphDouble {
  url: string;
  stop(): Promise<void>;
}

/**
 * The part of the Graph API that takes messages, as small and fast as it can be: it takes a message first and answers
 * later, so that whoever dies meanwhile has sent without knowing.
 */
export async function startGraphDouble({
  answerAfterMs = () => 0,
  faultOf = () => undefined,
  onTaken,
}: GraphDoubleOptions): Promise<GraphDouble> {
  const tried = new Set<string>();
  let taken = 0;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const phoneNumberId = /^\/v[\d.]+\/(\d+)\/messages/.exec(req.url ?? '')?.[1];
    const body: {
      status?: string;
      to?: string;
      recipient?: string;
      text?: { body: string };
      biz_opaque_callback_data?: string;
    } = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    if (phoneNumberId === undefined) return end(res, 404, { error: { code: 100, message: 'no such path' } });
    if (body.status === 'read') return end(res, 200, { success: true });

    const callbackData = body.biz_opaque_callback_data ?? '';
    const message = `${phoneNumberId} ${callbackData}`;
    const fault = tried.has(message) ? undefined : faultOf();
    tried.add(message);
    if (fault === 'refuse') return end(res, 503, UNAVAILABLE);
    const wamid = `wamid.OUT${++taken}`;
    const to = body.to?.replace('+', '') ?? body.recipient ?? '';
    onTaken({ phoneNumberId, to, text: body.text?.body ?? '', callbackData, wamid, atMs: performance.now() });
    const waitMs = answerAfterMs();
    if (waitMs > 0) await sleep(waitMs);
    if (fault === 'take_and_hang_up') return void res.destroy();
    if (fault === 'take_and_refuse') return end(res, 503, UNAVAILABLE);
    end(res, 200, {
      messaging_product: 'whatsapp',
      contacts: [{ input: to, wa_id: to }],
      messages: [{ id: wamid }],
    });
  }

  const server = createServer((req, res) => {
    // A sender that was killed in the middle of its request.
    answer(req, res).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** 131000: something went wrong inside, and whether the message was taken nobody says. */
const UNAVAILABLE = { error: { code: 131_000, message: 'Something went wrong', type: 'OAuthException' } };

function end(res: ServerResponse, status: number, body: object): void {
  const bytes = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }).end(bytes);
}

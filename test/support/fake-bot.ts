import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';

type Item = { [key: string]: unknown };

interface Value {
  /** only for what concerns one number */
  metadata?: { phone_number_id: string; display_phone_number: string };
  contacts?: Item[];
  messages?: Item[];
  statuses?: Item[];
}

/** A POST the bot got, as bytes and parsed. */
interface ReceivedWebhook {
  raw: Buffer;
  signature: string | undefined;
  values: Value[];
  /** where it was sent, without host */
  path: string;
}

/** One change of a webhook, with what its entry says. */
export interface ReceivedChange {
  field: string;
  value: Item;
  entryId: string;
  time: number | undefined;
}

export interface FakeBot {
  webhookUrl: string;
  received: ReceivedWebhook[];
  /** all messages or statuses so far, in the order they came */
  items(kind: 'messages' | 'statuses'): Item[];
  /** all changes so far, those of messages included */
  changes(): ReceivedChange[];
  /** resolves with the n-th change of a field (from 1), whenever it comes */
  change(field: string, n?: number): Promise<ReceivedChange>;
  /** resolves with the n-th message or status (from 1), whenever it comes */
  item(kind: 'messages' | 'statuses', n: number): Promise<Item>;
  /** the next POSTs get these HTTP statuses instead of 200 */
  refuseWith(...httpStatuses: number[]): void;
  /** what the handshake answers; the challenge when left out */
  handshakeBody: string | undefined;
  stop(): Promise<void>;
}

/**
 * The smallest bot there is: one HTTP server that checks the signature over the raw bytes, answers 200, and hands each
 * message to `onMessage`.
 */
export async function startFakeBot(options: {
  appSecret: string;
  verifyToken: string;
  onMessage?: (message: Item, phoneNumberId: string) => unknown;
}): Promise<FakeBot> {
  const refusals: number[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (req, res) => {
    const url = new URL(req.url ?? '/', 'http://bot');
    if (req.method === 'GET') {
      const isRight = url.searchParams.get('hub.verify_token') === options.verifyToken;
      res
        .writeHead(isRight ? 200 : 403)
        .end(isRight ? (bot.handshakeBody ?? url.searchParams.get('hub.challenge')) : '');
      return;
    }
    const raw = await readAll(req);
    const signature = req.headers['x-hub-signature-256']?.toString();
    const expected = `sha256=${createHmac('sha256', options.appSecret).update(raw).digest('hex')}`;
    const httpStatus = refusals.shift() ?? (signature === expected ? 200 : 401);
    const values: Value[] = readChanges(raw).map(({ value }) => value);
    if (httpStatus === 200) bot.received.push({ raw, signature, values, path: url.pathname });
    res.writeHead(httpStatus).end();
    if (httpStatus !== 200) return;
    for (const wake of waiting) wake();
    for (const value of values) {
      for (const message of value.messages ?? [])
        await options.onMessage?.(message, value.metadata?.phone_number_id ?? '');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const once = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const bot: FakeBot = {
    webhookUrl: `http://127.0.0.1:${port}/webhook/some-token`,
    received: [],
    items: (kind) => bot.received.flatMap(({ values }) => values.flatMap((value) => value[kind] ?? [])),
    changes: () => bot.received.flatMap(({ raw }) => readChanges(raw)),
    change: (field, n = 1) => once(() => bot.changes().filter((change) => change.field === field)[n - 1]),
    item: (kind, n) => once(() => bot.items(kind)[n - 1]),
    refuseWith: (...httpStatuses) => void refusals.push(...httpStatuses),
    handshakeBody: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return bot;
}

/** Every change of a body; a body that is no webhook has none. */
function readChanges(raw: Buffer): (ReceivedChange & { value: Value & Item })[] {
  const body = JSON.parse(raw.toString());
  if (!Array.isArray(body.entry)) return [];
  return body.entry.flatMap(({ id, time, changes }: { id: string; time?: number; changes: ReceivedChange[] }) =>
    changes.map(({ field, value }) => ({ field, value, entryId: id, time })),
  );
}

async function readAll(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

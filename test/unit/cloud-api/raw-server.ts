import { createServer, type Server, type Socket } from 'node:net';

/** A request as it came over the wire. */
export interface RawRequest {
  requestLine: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** 0 for the first connection, … */
  connection: number;
}

export interface RawServer {
  url: string;
  port: number;
  requests: RawRequest[];
  connections: () => number;
  close: () => Promise<void>;
}

/**
 * A server on loopback that reads whole requests and leaves the answer, down to the last byte, to the test: Graph, the
 * proxies before it and the network do things no HTTP library would.
 */
export async function startRawServer(
  answer: (socket: Socket, request: RawRequest, index: number) => void,
): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    const connection = connections;
    connections += 1;
    sockets.add(socket);
    let received = '';
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const [requestLine = '', ...lines] = received.slice(0, headEnd).split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const end = headEnd + 4 + Number(headers['content-length'] ?? 0);
      if (received.length < end) return;
      const body = Buffer.from(received.slice(headEnd + 4, end), 'latin1').toString('utf8');
      received = received.slice(end);
      const request = { requestLine, headers, body, connection };
      requests.push(request);
      answer(socket, request, requests.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A complete answer, kept alive. */
export function http(status: number, body: string, headers: readonly string[] = []): string {
  const lines = [`HTTP/1.1 ${status} Whatever`, `content-length: ${Buffer.byteLength(body)}`, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export const accepted = (wamid: string): string =>
  http(
    200,
    JSON.stringify({
      messaging_product: 'whatsapp',
      contacts: [{ input: '+351910000002', wa_id: '351910000002' }],
      messages: [{ id: wamid }],
    }),
    ['content-type: application/json'],
  );

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a server on this machine, which breaks when somebody says so. */
export interface CutLine {
  url: string;
  /** The next request that begins like this loses its line behind so many bytes, its head included. */
  cutNext(begin: string, afterBytes: number): void;
  /** bytes of all requests that began like this, as far as they went through */
  sent(begin: string): number;
  stop(): Promise<void>;
}

export async function startCutLine(target: string): Promise<CutLine> {
  const { hostname, port } = new URL(target);
  const cuts: { begin: string; afterBytes: number }[] = [];
  const requests: { begin: string; bytes: number }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    let cut: { begin: string; afterBytes: number } | undefined;
    let current = { begin: '', bytes: 0 };
    client.on('data', (chunk) => {
      const head = chunk.toString('latin1', 0, 100);
      if (/^(GET|POST|PUT|DELETE) \/\S* HTTP|^(GET|POST|PUT|DELETE) \/\S{80}/.test(head)) {
        current = { begin: head, bytes: 0 };
        requests.push(current);
        const index = cuts.findIndex(({ begin }) => head.startsWith(begin));
        cut = index < 0 ? undefined : cuts.splice(index, 1)[0];
      }
      const passed = cut === undefined ? chunk : chunk.subarray(0, cut.afterBytes - current.bytes);
      current.bytes += passed.length;
      upstream.write(passed);
      if (cut === undefined || current.bytes < cut.afterBytes) return;
      // What went through arrives; then there is nobody.
      upstream.end();
      client.destroy();
    });
    upstream.on('data', (chunk) => client.write(chunk));
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const at = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${at}`,
    cutNext: (begin, afterBytes) => void cuts.push({ begin, afterBytes }),
    sent: (begin) => requests.filter((one) => one.begin.startsWith(begin)).reduce((sum, { bytes }) => sum + bytes, 0),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

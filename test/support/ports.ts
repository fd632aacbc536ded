import { createServer, type Server } from 'node:net';

const HOST = '127.0.0.1';
/** A Redis Cluster node listens on its port and on the one this far above. */
const BUS = 10_000;

export interface Ports {
  /** a port that nobody else is given, free together with the one 10 000 above; never the same one twice */
  next(): Promise<number>;
  /** gives everything back, as the end of the process does by itself */
  release(): Promise<void>;
}

/**
 * Ports that no other test process is given, also while the server that was on one of them is dead or not yet started.
 *
 * Each process takes whole blocks, and holds a block by listening on its first port. The system lets one process do so
 * and gives the block free when that ends, however it ends: there is no file that could go stale.
 *
 * @param first of the range; with the bus ports it should end below what the system hands out itself (32 768 on Linux)
 */
export function createPorts(first: number, blocks: number, blockSize: number): Ports {
  const guards: Server[] = [];
  let left: number[] = [];
  let taking: Promise<void> | undefined;

  /** Begins somewhere, so that a port that was given back rests before it is used again. */
  async function takeBlock(): Promise<void> {
    const start = Math.floor(Math.random() * blocks);
    for (let i = 0; i < blocks; i++) {
      const base = first + ((start + i) % blocks) * blockSize;
      const guard = await listenOn(base);
      if (guard === undefined) continue;
      guards.push(guard);
      left = Array.from({ length: blockSize - 1 }, (_, n) => base + 1 + n);
      return;
    }
    throw new Error(`all ${blocks} blocks of test ports are taken`);
  }

  return {
    async next() {
      for (;;) {
        const port = left.shift();
        if (port === undefined) {
          taking ??= takeBlock().finally(() => {
            taking = undefined;
          });
          await taking;
        } else if ((await isFree(port)) && (await isFree(port + BUS))) return port;
      }
    },
    async release() {
      left = [];
      await Promise.all(guards.splice(0).map(close));
    },
  };
}

const ours = createPorts(11_000, 200, 50);

/** A port of this machine that no other test process is given. */
export const freePort = (): Promise<number> => ours.next();

function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    // A guard keeps no process alive.
    server.listen({ port, host: HOST, exclusive: true }, () => resolve(server.unref()));
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  await close(server);
  return true;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

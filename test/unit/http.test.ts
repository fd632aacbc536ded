import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import express, { type RequestHandler } from 'express';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpServer } from '../../src/http.js';
import { createPostHandler } from '../../src/webhook/post-handler.js';
import { silent } from '../support/core.js';

const done: RequestHandler = (_req, res) => void res.send('done');
const afterBody: RequestHandler = async (req, res) => void res.send(`took ${(await text(req)).length}`);
const guard: RequestHandler = (req, res, next) =>
  req.headers.authorization === 'Bearer key' ? next() : void res.status(401).send('Unauthorized');

let server: Server;
let port: number;
beforeEach(async () => {
  const flows = express.Router();
  flows.put('/files/:sha256', afterBody);
  server = createHttpServer(
    {
      handlePost: createPostHandler({
        receive: async () => ({ outcome: 'unreadable' }),
        appOf: () => ({ appId: '1', appSecrets: ['secret'], enabled: true }),
        maxBodyBytes: 1_000,
        observe: () => undefined,
        log: silent,
      }),
      handshake: done,
      monitoring: { live: done, ready: done, metrics: done },
      media: done,
      operators: {
        guard,
        board: done,
        events: done,
        account: done,
        endHandover: done,
        reload: done,
        history: express.Router(),
        transcripts: done,
        templates: done,
        handles: afterBody,
        flows,
      },
      log: silent,
    },
    { usual: 50, file: 60_000 },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** The first half of a request with a body of ten bytes. */
async function begin(line: string, ...headers: string[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write([`${line} HTTP/1.1`, 'host: bot', 'content-length: 10', ...headers, '', '01234'].join('\r\n'));
  return socket;
}

it.each([
  ['a webhook', 'POST /webhook/a-url', []],
  ['what operators change', 'POST /ops/reload', ['authorization: Bearer key', 'content-type: application/json']],
  ['a file of nobody', 'PUT /ops/handles/a.png', []],
])('the line of %s that never comes to its end is cut', async (_what, line, headers) => {
  const socket = await begin(line, ...headers);
  socket.resume();
  await once(socket, 'close');
});

it.each(['/ops/handles/a.png', `/ops/flows/files/${'a'.repeat(64)}`])(
  'an operator’s file to %s may take longer than the bodies of all others',
  async (path) => {
    const file = await begin(`PUT ${path}`, 'authorization: Bearer key', 'connection: close');
    // Whoever begins behind it is cut off before it ends.
    const other = await begin('POST /webhook/a-url');
    other.resume();
    await once(other, 'close');
    file.write('56789');
    expect(await text(file)).toMatch(/^HTTP\/1\.1 200 .*took 10/s);
  },
);

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What the double says of a file, and how it hands it out. */
export interface ServedFile {
  bytes: Buffer;
  mimeType?: string;
  /** as it stands in the node; the right one, in hex, unless told otherwise; null: none */
  sha256?: string | null;
  /** as it stands in the node; null: none */
  fileSize?: number | string | null;
  /** where the node says it is; else this double */
  url?: string;
  /** answers the node in Graph's place */
  node?(req: IncomingMessage, res: ServerResponse, asked: number): boolean;
  /** hands the file out in the double's place */
  body?(req: IncomingMessage, res: ServerResponse, asked: number): void;
}

/** Meta's two steps to a file, on loopback: the node, then the file; what each of them says is up to the test. */
export interface MediaHost {
  url: string;
  files: Map<string, ServedFile>;
  /** method, path and authorization of each request, in order */
  requests: { path: string; authorization: string | undefined }[];
  stop(): Promise<void>;
}

export const hexOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const base64Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

export async function startMediaHost(): Promise<MediaHost> {
  const files = new Map<string, ServedFile>();
  const requests: MediaHost['requests'] = [];
  const asked = new Map<string, number>();
  const count = (what: string): number => {
    asked.set(what, (asked.get(what) ?? 0) + 1);
    return asked.get(what) ?? 0;
  };
  const server = createServer((req, res) => {
    const path = req.url ?? '';
    requests.push({ path, authorization: req.headers.authorization });
    const [, first = '', second = ''] = path.split(/[/?]/);
    const file = files.get(second);
    if (file === undefined) {
      const error = { code: 100, error_subcode: 33, message: 'no such object', type: 'GraphMethodException' };
      return void res.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    }
    if (first === 'file') {
      if (file.body !== undefined) return file.body(req, res, count(`file ${second}`));
      return void res.writeHead(200, { 'content-length': file.bytes.length }).end(file.bytes);
    }
    if (file.node?.(req, res, count(`node ${second}`))) return;
    const { mimeType = 'image/png', sha256 = hexOf(file.bytes), fileSize = file.bytes.length } = file;
    const node = {
      messaging_product: 'whatsapp',
      id: second,
      url: file.url ?? `${url()}/file/${second}?asked=${asked.get(`node ${second}`) ?? 1}`,
      mime_type: mimeType,
      ...(sha256 === null ? {} : { sha256 }),
      ...(fileSize === null ? {} : { file_size: fileSize }),
    };
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(node));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = () => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  };
  return {
    url: url(),
    files,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The smallest thing that is told to be a PNG, followed by filling. */
export function png(bytes = 64): Buffer {
  const head = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([head, Buffer.alloc(Math.max(0, bytes - head.length), 7)]);
}

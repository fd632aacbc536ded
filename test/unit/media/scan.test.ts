import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createScan, type ScanSettings, type ScanVerdict } from '../../../src/media/scan.js';

let dir: string;
let path: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'parlance-scan-'));
  path = join(dir, 'a file with spaces; and $more');
  writeFileSync(path, 'content');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function scan(settings: Partial<ScanSettings>): Promise<ScanVerdict> | undefined {
  const made = createScan({ command: [], timeoutMs: 5_000, ...settings });
  return made?.(path, { type: 'image/png', bytes: 7 }, new AbortController().signal);
}
const script = (text: string): string[] => [process.execPath, '-e', text];

async function serve(answer: (body: string, type: string | undefined) => { status: number; body: string } | undefined) {
  const server = createServer(async (req, res) => {
    const answered = answer((await buffer(req)).toString(), req.headers['content-type']);
    if (answered !== undefined) res.writeHead(answered.status).end(answered.body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/scan`;
}

describe('a scanner', () => {
  it('is none when none is set up', () => {
    expect(createScan({ command: [], timeoutMs: 1 })).toBeUndefined();
  });

  it.each<[string, string[], ScanVerdict]>([
    ['exit code 0', script('process.exit(0)'), 'clean'],
    ['exit code 1', script('process.exit(1)'), 'infected'],
    ['exit code 2', script('process.exit(2)'), 'unsure'],
    ['its death', script('process.kill(process.pid, "SIGKILL")'), 'unsure'],
    ['no such program', [join(tmpdir(), 'no-such-scanner')], 'unsure'],
  ])('that is a command says by %s: %#', async (_how, command, verdict) => {
    expect(await scan({ command })).toBe(verdict);
  });

  it('that is a command gets the path as one argument, and no shell reads it', async () => {
    const told = join(dir, 'told');
    const command = script(`require('fs').writeFileSync(${JSON.stringify(told)}, process.argv.at(-1))`);
    expect(await scan({ command })).toBe('clean');
    expect(readFileSync(told, 'utf8')).toBe(path);
  });

  it.each<[number, string, ScanVerdict]>([
    [200, '{"clean":true}', 'clean'],
    [200, '{"clean":false}', 'infected'],
    [200, '{"clean":"yes"}', 'unsure'],
    [200, '{"ok":true}', 'unsure'],
    [200, '<html>clean</html>', 'unsure'],
    [200, '', 'unsure'],
    [200, ' '.repeat(100_000), 'unsure'],
    [204, '', 'unsure'],
    [302, '{"clean":true}', 'unsure'],
    [500, '{"clean":true}', 'unsure'],
  ])('that is a URL says by its answer: %i %.20s', async (status, body, verdict) => {
    expect(await scan({ url: await serve(() => ({ status, body })) })).toBe(verdict);
  });

  it('that is a URL gets the file and its type', async () => {
    let got: unknown;
    const url = await serve((body, type) => {
      got = [body, type];
      return { status: 200, body: '{"clean":true}' };
    });
    expect(await scan({ url })).toBe('clean');
    expect(got).toEqual(['content', 'image/png']);
  });

  it('that does not answer in time is unsure, whichever it is', async () => {
    expect(await scan({ command: script('setInterval(() => {}, 1000)'), timeoutMs: 100 })).toBe('unsure');
    expect(await scan({ url: await serve(() => undefined), timeoutMs: 100 })).toBe('unsure');
    expect(await scan({ url: 'http://127.0.0.1:1/' })).toBe('unsure');
  });

  it('and another one both have to call a file clean', async () => {
    const [clean, infected] = [script('process.exit(0)'), script('process.exit(1)')];
    const [yes, no] = [
      await serve(() => ({ status: 200, body: '{"clean":true}' })),
      await serve(() => ({ status: 200, body: '{"clean":false}' })),
    ];
    const verdicts = [
      await scan({ command: clean, url: yes }),
      await scan({ command: clean, url: no }),
      await scan({ command: infected, url: yes }),
    ];
    expect(verdicts).toEqual(['clean', 'infected', 'infected']);
  });
});

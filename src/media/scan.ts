import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'undici';
import { isJsonObject } from '../shared/json.js';

/** `unsure`: the scanner could not say, which counts as a no. */
export type ScanVerdict = 'clean' | 'infected' | 'unsure';

/** Looks at a file before anybody gets it. Never rejects. */
export type Scan = (path: string, file: { type: string; bytes: number }, signal: AbortSignal) => Promise<ScanVerdict>;

export interface ScanSettings {
  /** program and arguments; the file's path is put behind them */
  command: readonly string[];
  url?: string | undefined;
  timeoutMs: number;
}

/** @returns undefined when no scanner is set up; with both, both have to call a file clean */
export function createScan({ command, url, timeoutMs }: ScanSettings): Scan | undefined {
  const scans = [...(command.length === 0 ? [] : [byCommand(command)]), ...(url === undefined ? [] : [byRequest(url)])];
  if (scans.length === 0) return undefined;
  return async function scan(path, file, signal) {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    for (const one of scans) {
      const verdict = await one(path, file, inTime).catch((): ScanVerdict => 'unsure');
      if (verdict !== 'clean') return verdict;
    }
    return 'clean';
  };
}

/** Exit codes as `clamscan` and `clamdscan` have them: 0 clean, 1 infected, any other a failure of the scanner. */
function byCommand([program = '', ...args]: readonly string[]): Scan {
  return (path, _file, signal) =>
    new Promise((resolve) => {
      // No shell: the path is an argument, whatever it holds. What it prints may quote the file.
      const child = spawn(program, [...args, path], { stdio: 'ignore', signal, killSignal: 'SIGKILL' });
      child.on('error', () => resolve('unsure'));
      child.on('close', (code) => resolve(code === 0 ? 'clean' : code === 1 ? 'infected' : 'unsure'));
    });
}

const MAX_VERDICT_BYTES = 64 * 1024;

/** POSTs the file; a 200 with `{ "clean": true }` or `{ "clean": false }` is a verdict, nothing else is. */
function byRequest(url: string): Scan {
  return async (path, { type, bytes }, signal) => {
    const { statusCode, body } = await httpRequest(url, {
      method: 'POST',
      headers: { 'content-type': type, 'content-length': String(bytes) },
      body: createReadStream(path),
      signal,
    });
    let text = '';
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length > MAX_VERDICT_BYTES) return 'unsure';
    }
    const said: unknown = statusCode === 200 ? JSON.parse(text) : undefined;
    if (!isJsonObject(said) || typeof said.clean !== 'boolean') return 'unsure';
    return said.clean ? 'clean' : 'infected';
  };
}

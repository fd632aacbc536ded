import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDotEnv } from '../config/dot-env.js';
import type { Env } from '../config/references.js';

/** The variables that are set; those of `.env` in the folder one stands in count behind the others, as for the server. */
export function environment(cwd: string, processEnv: NodeJS.ProcessEnv): Env {
  return { ...dotEnv(cwd), ...withoutEmpty(processEnv) };
}

function dotEnv(cwd: string): Env {
  try {
    return withoutEmpty(readDotEnv('.env', readFileSync(join(cwd, '.env'), 'utf8')).values);
  } catch {
    return {};
  }
}

function withoutEmpty(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

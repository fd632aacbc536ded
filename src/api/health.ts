import type { RequestHandler } from 'express';

/** One thing that must work, and whether it does. `detail` is for an operator: no secrets. */
export interface HealthCheck {
  name: string;
  /** whether this process should get no webhooks while it fails: what only delays answers should not stop messages from being stored */
  blocks: boolean;
  check(): Promise<{ ok: boolean; detail: string }>;
}

/** `GET /health/live`: the process answers. Fails only when it hangs, and then it does not answer at all. */
export const live: RequestHandler = (_req, res) => {
  res.json({ status: 'live' });
};

const TIMEOUT_MS = 1_500;

/**
 * `GET /health/ready`: 200 when all blocking checks pass (`degraded` when another fails), else 503; either way each check
 * with what it found.
 */
export function createReadyHandler(checks: () => readonly HealthCheck[], isStopping: () => boolean): RequestHandler {
  return async (_req, res) => {
    const results = await Promise.all(checks().map(run));
    const ready = !isStopping() && results.every((result) => result.ok || !result.blocks);
    const whole = results.every((result) => result.ok);
    const status = isStopping() ? 'stopping' : !ready ? 'not ready' : whole ? 'ready' : 'degraded';
    res.status(ready ? 200 : 503).json({ status, checks: results.map(({ blocks: _, ...result }) => result) });
  };
}

async function run({
  name,
  blocks,
  check,
}: HealthCheck): Promise<{ name: string; blocks: boolean; ok: boolean; detail: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ ok: boolean; detail: string }>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${TIMEOUT_MS} ms` }), TIMEOUT_MS);
  });
  try {
    return { name, blocks, ...(await Promise.race([check(), late])) };
  } catch (err) {
    return { name, blocks, ok: false, detail: err instanceof Error ? err.name : 'failed' };
  } finally {
    clearTimeout(timer);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Deployment, deploy, type RoleProcess } from '../../support/deployment.js';
import { signatureOf, textsBody, WEBHOOK_PATH } from '../../support/parlance.js';
import { freePort } from '../../support/ports.js';
import { WHATSAPP_ENV, WHATSAPP_YAML } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';

const KEY = 'an-operator-key-of-tests';
const MB = 1_000_000;

/** A web process of its own: what it does not answer, nobody else's work has delayed. */
let redis: TestRedis;
let deployment: Deployment;
let web: RoleProcess;
beforeAll(async () => {
  redis = await startTestRedis();
  deployment = deploy({ 'config/endpoints/whatsapp.yaml': WHATSAPP_YAML });
  const env = { ...WHATSAPP_ENV, REDIS_URL: redis.url, PARLANCE_OPS_OPERATOR_KEY: KEY };
  web = deployment.start('web', { port: await freePort(), env });
  await web.ready();
}, 120_000);
afterAll(async () => {
  await web?.stop();
  deployment?.remove();
  await redis?.stop();
});

/** Flows of an ordinary kind, as many as it takes. */
function largeBot(bytes: number): { path: string; text: string }[] {
  const files: { path: string; text: string }[] = [];
  for (let left = bytes, n = 0; left > 0; n++) {
    const name = n === 0 ? 'welcome' : `flow-${n}`;
    const steps = Array.from(
      { length: 800 },
      (_, i) =>
        `  - { id: s${i}, say: "Hello {{ profile.name ?? 'you' }}, number {{ context.n + ${i} }}." }\n  - set: { context.n: ${i} }\n`,
    );
    const text = `spec: 1\nflow: ${name}\ncontext: { n: 0 }\nsteps:\n${steps.join('')}`;
    files.push({ path: `${name}.yaml`, text });
    left -= text.length;
  }
  return files;
}

/** Posts webhooks one after the other for as long as something lasts. @returns how long each took, ms, sorted */
async function webhooksDuring(lasts: Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  const ended = lasts.then(() => true);
  while (!(await Promise.race([ended, sleep(5, false)]))) {
    const body = JSON.stringify(textsBody([['351910000001', 'hi']]));
    const startedMs = performance.now();
    const answer = await request(`${web.url}${WEBHOOK_PATH}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body) },
    });
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
    took.push(performance.now() - startedMs);
  }
  return took.sort((a, b) => a - b);
}

it('webhooks are answered as ever while five megabytes of flows are deployed', async () => {
  const files = largeBot(5 * MB);
  const body = Buffer.from(JSON.stringify({ files, dryRun: false }));
  expect(body.length).toBeGreaterThan(5 * MB);
  await webhooksDuring(sleep(500));
  const idle = await webhooksDuring(sleep(3_000));

  const startedMs = performance.now();
  let deployTookMs = 0;
  const deployed = request(`${web.url}/ops/flows/versions`, {
    method: 'POST',
    body,
    headersTimeout: 120_000,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
  }).then(async (answer) => {
    deployTookMs = performance.now() - startedMs;
    return { status: answer.statusCode, answer: await answer.body.json() };
  });
  const busy = await webhooksDuring(deployed);
  expect(await deployed).toMatchObject({ status: 200, answer: { version: { number: 1, isNew: true } } });

  const [idleWorst = 0, worst = Number.POSITIVE_INFINITY] = [idle.at(-1), busy.at(-1)];
  if (process.env.PARLANCE_TEST_FIGURES !== undefined)
    process.stderr.write(
      `deploy of ${files.length} files took ${Math.round(deployTookMs)} ms; webhooks, worst: idle ${idleWorst.toFixed(1)} ms of ${idle.length}, ` +
        `meanwhile ${worst.toFixed(1)} ms of ${busy.length}; median ${idle[idle.length >> 1]?.toFixed(1)} and ${busy[busy.length >> 1]?.toFixed(1)} ms\n`,
    );
  // On the loop that answers webhooks, reading these flows would be one pause as long as the deploy.
  expect(deployTookMs).toBeGreaterThan(1_500);
  expect(busy.length).toBeGreaterThan(50);
  expect(worst).toBeLessThan(idleWorst + 500);
  expect(worst).toBeLessThan(deployTookMs / 3);
  const client = new Redis(redis.url);
  expect(await client.hget('{p:ops}:flows:pointers', 'whatsapp')).toContain('"revision":1');
  client.disconnect();
}, 180_000);

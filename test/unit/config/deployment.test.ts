import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { envNames } from '../../../src/config/env-names.js';
import { SettingsSchema } from '../../../src/config/schema.js';

const PROJECT = join(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(join(PROJECT, name), 'utf8');

const Service = z.object({
  command: z.array(z.string()),
  image: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: z.object({ test: z.array(z.string()).min(2) }),
  container_name: z.never().optional(),
});
const compose = z
  .object({ services: z.record(z.string(), Service), volumes: z.record(z.string(), z.null()) })
  .parse(parse(read('docker-compose.yml'), { merge: true }));

describe('docker-compose.yml', () => {
  const { redis, ...ours } = compose.services;

  it('runs each role in a service of its own, all healthy before what needs them', () => {
    expect(Object.entries(ours).map(([name, { command }]) => [name, command])).toEqual([
      ['web', ['web']],
      ['worker', ['worker']],
      ['simulator', ['simulator']],
    ]);
    for (const { depends_on } of Object.values(ours)) {
      for (const name of Object.keys(depends_on)) expect(compose.services).toHaveProperty(name);
    }
  });

  it('sets only variables that exist, to values that are allowed', () => {
    const known = envNames(SettingsSchema);
    for (const { environment } of Object.values(ours))
      expect([...known.keys()]).toEqual(expect.arrayContaining(Object.keys(environment)));
  });

  it('lets the services find each other by name and port', () => {
    const environment = ours.web?.environment;
    expect(environment).toMatchObject({
      REDIS_URL: 'redis://redis:6379',
      PARLANCE_SIMULATOR_URL: `http://simulator:${environment?.PARLANCE_SIMULATOR_PORT}`,
      PARLANCE_SIMULATOR_BOT_URL: `http://web:${environment?.PORT}`,
    });
    expect(ours.simulator?.environment).toEqual(environment);
    expect(ours.worker?.environment).toEqual(environment);
  });

  it('can run several workers: nothing of a worker is unique on the host', () => {
    expect(ours.worker?.ports).toEqual([]);
  });

  it('has a Redis that keeps what it was told', () => {
    expect(redis?.command.join(' ')).toBe(
      'redis-server --appendonly yes --appendfsync always --save  --maxmemory-policy noeviction --hz 50',
    );
    expect(read('docker-compose.yml')).toMatch(/redis-data:\/data/);
    expect(compose.volumes).toHaveProperty('redis-data');
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('runs without root, on the production packages, with a health check', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^RUN npm ci --omit=dev /m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "--enable-source-maps", "dist\/main\.js"\]$/m);
  });

  it('copies nothing that .dockerignore leaves out', () => {
    const ignored = read('.dockerignore').split('\n').filter(Boolean);
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    expect(copied.length).toBeGreaterThan(0);
    for (const name of copied) {
      expect(ignored).not.toContain(name);
      expect(() => statSync(join(PROJECT, name))).not.toThrow();
    }
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.git', 'data', 'node_modules']));
  });
});

describe('the scripts', () => {
  it.each([
    ['sh', 'setup.sh'],
    ['bash', '.ci/run'],
  ])('%s can read %s, and it may be executed', (shell, name) => {
    execFileSync(shell, ['-n', join(PROJECT, name)]);
    expect(statSync(join(PROJECT, name)).mode & 0o111).toBe(0o111);
  });

  it('setup refuses an option it does not know', () => {
    expect(() => execFileSync('sh', [join(PROJECT, 'setup.sh'), '--wiht-browser'], { stdio: 'pipe' })).toThrow(
      'unknown option --wiht-browser',
    );
  });
});

import { install, SILENT_FLOW } from './installation.js';
import { type LoadResult, makeBodies, median, postAll } from './load.js';
import { type Server, startFloor } from './processes.js';

const NUMBER = '106540352242922';
const CONNECTIONS = 64;

export interface AcceptFigures {
  floor: LoadResult;
  express: LoadResult;
  /** by updates a POST */
  web: Map<number, LoadResult>;
  /** posts/s with `always` over posts/s with `everysec`, one update a POST */
  alwaysToEverysec: number;
}

/** How fast webhooks are stored, beside the floor and the floor in Express, in turns, so that a slow minute meets all. */
export async function measureAccept({ rounds, posts }: { rounds: number; posts: number }): Promise<AcceptFigures> {
  const [everysec, always] = [
    await install({ aof: 'everysec', flow: SILENT_FLOW, numbers: [NUMBER] }),
    await install({ aof: 'always', flow: SILENT_FLOW, numbers: [NUMBER] }),
  ];
  const floor = await startFloor('http', everysec.redis.url);
  const express = await startFloor('express', everysec.redis.url);
  const [web, webAlways] = [await everysec.start('web'), await always.start('web')];
  const results = new Map<string, LoadResult[]>();
  const run = async (name: string, server: Server, perPost: number, share = 1) => {
    const result = await postAll(server, makeBodies(Math.ceil(posts * share), perPost, NUMBER), CONNECTIONS);
    results.set(name, [...(results.get(name) ?? []), result]);
  };
  const asServer = (role: { url: string; pid: number }): Server => ({ ...role, stop: async () => undefined });
  // Warm up: compilers, connections, Redis' memory.
  await Promise.all([run('warm', floor, 1, 0.2), run('warm', express, 1, 0.2), run('warm', asServer(web), 1, 0.2)]);
  for (let round = 0; round < rounds; round++) {
    await run('floor', floor, 1);
    await run('web 1', asServer(web), 1);
    await run('web always', asServer(webAlways), 1);
    await run('express', express, 1, 0.5);
    await run('web 10', asServer(web), 10, 0.2);
    await run('web 100', asServer(web), 100, 0.02);
    for (const { client } of [everysec, always]) await client.flushall();
  }
  await Promise.all([floor.stop(), express.stop()]);
  await Promise.all([everysec.stop(), always.stop()]);

  const medianOf = (name: string): LoadResult => {
    const all = results.get(name) ?? [];
    const of = (key: keyof LoadResult) => median(all.map((it) => it[key]));
    return { postsPerSec: of('postsPerSec'), cpuUsPerPost: of('cpuUsPerPost'), p99Ms: of('p99Ms') };
  };
  const one = medianOf('web 1');
  return {
    floor: medianOf('floor'),
    express: medianOf('express'),
    web: new Map([
      [1, one],
      [10, medianOf('web 10')],
      [100, medianOf('web 100')],
    ]),
    alwaysToEverysec: medianOf('web always').postsPerSec / one.postsPerSec,
  };
}

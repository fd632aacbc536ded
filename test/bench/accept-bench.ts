import { newTexts, portions } from './contacts.js';
import { prepare, saturate } from './load.js';
import { cpuMs, NUMBERS, openRig, type Server } from './rig.js';
import { median } from './statistics.js';

export interface AcceptRow {
  what: string;
  /** medians over the rounds */
  perSec: number;
  messagesPerSec: number;
  cpuUsPerRequest: number;
  /** messages a second by the floor's requests a second, in the same round */
  toFloor: number;
  /** the same by the floor of Express */
  toExpressFloor: number;
}

export interface AcceptResult {
  rows: AcceptRow[];
  /** the floor's requests a second: what drains and sends are compared with */
  floorPerSec: number;
  node1ToFloor: number;
  node10ToFloor: number;
  express1ToExpressFloor: number;
  nodeToExpress: number;
  alwaysToEverysec: number;
}

const CONNECTIONS = 64;
/** Of a hundred messages each: enough to keep Redis busy, and none waits long enough to be refused. */
const CONNECTIONS_OF_BIG_ONES = 8;

/** How fast webhooks are stored, on the product's own server and on what it is compared with, one after the other, again and again. */
export async function benchAccept({ rounds, seconds }: { rounds: number; seconds: number }): Promise<AcceptResult> {
  const everysec = await openRig({ fsync: 'everysec' });
  const always = await openRig({ fsync: 'always' });
  try {
    const web = await everysec.start('web');
    const kinds: { name: string; server: Server; each: number }[] = [
      { name: 'floor: node:http, body, HMAC, one RPUSH', server: await everysec.startFloor('floor'), each: 1 },
      { name: 'floor in Express', server: await everysec.startFloor('express-floor'), each: 1 },
      { name: 'Parlance, 1 message', server: web, each: 1 },
      { name: 'Parlance, 10 messages', server: web, each: 10 },
      { name: 'Parlance, 100 messages', server: web, each: 100 },
      {
        name: 'Parlance, 1 message, log level info',
        server: await everysec.start('web', { LOG_LEVEL: 'info' }),
        each: 1,
      },
      { name: 'Parlance inside Express, 1 message', server: await everysec.startFloor('express-web'), each: 1 },
      { name: 'Parlance, 1 message, appendfsync always', server: await always.start('web'), each: 1 },
    ];
    const [FLOOR, EXPRESS_FLOOR, NODE_1, NODE_10, , , EXPRESS_1, ALWAYS_1] = kinds.keys();
    const measured = kinds.map(() => ({ perSec: [] as number[], cpu: [] as number[] }));
    // The first round warms everybody up.
    for (let round = -1; round < rounds; round++) {
      for (const [i, { server, each, name }] of kinds.entries()) {
        const one = await measure(server, each, round < 0 ? Math.min(seconds, 1) : seconds, name);
        if (round < 0) continue;
        measured[i]?.perSec.push(one.perSec);
        measured[i]?.cpu.push(one.cpuUsPerRequest);
      }
    }
    /** the median of the ratios, each of two measurements of one round */
    const ratio = (a: number | undefined, b: number | undefined, factor = 1) => {
      const [above, below] = [measured[a ?? -1]?.perSec ?? [], measured[b ?? -1]?.perSec ?? []];
      return median(above.map((value, round) => (value * factor) / (below[round] ?? Number.NaN)));
    };
    return {
      rows: kinds.map(({ name, each }, i) => ({
        what: name,
        perSec: median(measured[i]?.perSec ?? []),
        messagesPerSec: median(measured[i]?.perSec ?? []) * each,
        cpuUsPerRequest: median(measured[i]?.cpu ?? []),
        toFloor: ratio(i, FLOOR, each),
        toExpressFloor: ratio(i, EXPRESS_FLOOR, each),
      })),
      floorPerSec: median(measured[FLOOR ?? -1]?.perSec ?? []),
      node1ToFloor: ratio(NODE_1, FLOOR),
      node10ToFloor: ratio(NODE_10, FLOOR, 10),
      express1ToExpressFloor: ratio(EXPRESS_1, EXPRESS_FLOOR),
      nodeToExpress: ratio(NODE_1, EXPRESS_1),
      alwaysToEverysec: ratio(ALWAYS_1, NODE_1),
    };
  } finally {
    await everysec.stop();
    await always.stop();
  }
}

/** More requests than a server of this machine's kind can take in the time: they are made before the clock starts. */
const PREPARED_PER_SEC = { 1: 14_000, 10: 3_500, 100: 450 } as const;

async function measure(server: Server, each: number, seconds: number, name: string) {
  const perSec = PREPARED_PER_SEC[each === 1 || each === 10 ? each : 100];
  const texts = newTexts(NUMBERS.silent, Math.ceil(perSec * seconds) * each);
  const requests = portions(texts, each).map((some) => prepare(some));
  const cpuBefore = cpuMs(server.pid);
  const result = await saturate(server.port, requests, {
    connections: each < 100 ? CONNECTIONS : CONNECTIONS_OF_BIG_ONES,
    seconds,
  });
  const stored = result.answered - result.refused;
  // A 503 of a machine that is busy with something else is no webhook stored; many of them are no measurement.
  if (result.refused > result.answered / 50) throw new Error(`${name}: ${result.refused} webhooks were refused`);
  return {
    perSec: stored / result.seconds,
    cpuUsPerRequest: ((cpuMs(server.pid) - cpuBefore) * 1000) / stored,
  };
}

import { startGraphDouble } from '../support/graph-double.js';
import { benchFlood } from './flood-bench.js';
import { benchBytes, commandsPerWebhook } from './redis-bench.js';
import { say, type Target, two, whole } from './report.js';
import { NUMBERS, openRig, type Rig } from './rig.js';
import { benchLimit, benchSends, medianOf } from './send-bench.js';
import { percentile } from './statistics.js';
import {
  benchDrain,
  benchFairness,
  benchLatency,
  benchRecovery,
  FSYNCS,
  type Fsync,
  type Latency,
  type Taken,
} from './turn-bench.js';

const LOCK_MS = 2_000;
const STALLED_CHECK_MS = 1_000;

/**
 * Everything behind the webhook, on one installation: latency, drains, sends, fairness, recovery, memory.
 *
 * @param floor requests a second of the floor, measured before
 */
export async function measureTurns(
  floor: number,
  isQuick: boolean,
): Promise<{ targets: Target[]; latencies: Latency[]; bytes: string }> {
  const repeats = isQuick ? 1 : 3;
  const taken: Taken = [];
  const graph = await startGraphDouble({ onTaken: (message) => void taken.push(message) });
  const rig = await openRig({
    fsync: 'always',
    graphUrl: graph.url,
    env: {
      PARLANCE_CONVERSATION_LOCK_MS: String(LOCK_MS),
      PARLANCE_CONVERSATION_STALLED_CHECK_MS: String(STALLED_CHECK_MS),
    },
  });
  try {
    const web = await rig.start('web');
    const roundTrips: number[] = [];
    say('commands a webhook');
    for (const each of [1, 10, 100]) roundTrips.push(await commandsPerWebhook(rig, web, each));

    const worker = await rig.start('worker');
    say('latency');
    const rates = isQuick ? [200] : [200, 500, 1_000];
    const latencies = await benchLatency(rig, web, taken, { rates, seconds: isQuick ? 1 : 4, rounds: repeats });
    say('statuses');
    const flood = await benchFlood(rig, web, taken, {
      messagesPerSec: 300,
      statusesPerSec: 3_000,
      seconds: isQuick ? 2 : 10,
    });
    say('sends');
    const sends = await onBoth(rig, () =>
      medianOf(repeats, () => benchSends(rig, worker, taken, isQuick ? 1_500 : 9_000)),
    );
    say('a number at its limit');
    const limit = await benchLimit(rig, worker, taken, isQuick ? 400 : 1_600);

    say('drain');
    const second = await rig.start('worker');
    const both = [worker, second];
    const drain = (each: number) => () => benchDrain(rig, web, both, { count: isQuick ? 2_000 : 20_000, each });
    const single = await onBoth(rig, () => medianOf(repeats, drain(1)));
    const many = await onBoth(rig, () => medianOf(repeats, drain(10)));
    say('recovery');
    const recoveries: number[] = [];
    for (let i = 0; i < (isQuick ? 2 : 5) && recoveries.length < repeats; i++) {
      const recovery = await benchRecovery(rig, web, worker, i === 0 ? second : await rig.start('worker'));
      if (recovery !== undefined) recoveries.push(recovery);
    }
    // NaN, and so a miss, when no kill met a turn.
    const worstRecovery = recoveries.length === 0 ? Number.NaN : Math.max(...recoveries);
    say('memory');
    const bytes = await benchBytes(rig, web, worker, isQuick ? 2_000 : 10_000);

    say('fairness');
    worker.signal('SIGKILL');
    // As many as chatty conversations in the noise are too few for all of them.
    const few = await rig.start('worker', { PARLANCE_CONVERSATION_CONCURRENCY: '20' });
    const noise = isQuick ? 100 : 500;
    const chatty = await onBoth(rig, () =>
      benchFairness(rig, web, few, { phoneNumberId: NUMBERS.silent, count: 40 * noise, each: noise }),
    );
    const tenant = await onBoth(rig, () =>
      benchFairness(rig, web, few, { phoneNumberId: NUMBERS.echo, count: isQuick ? 2_000 : 10_000, each: 1 }),
    );

    const less = (
      id: string,
      what: string,
      measured: number,
      shown: string,
      pass: number,
      stretch?: number,
    ): Target => ({
      id,
      what,
      measured,
      shown,
      better: 'less',
      pass,
      ...(stretch === undefined ? {} : { stretch }),
    });
    const more = (
      id: string,
      what: string,
      measured: number,
      shown: string,
      pass: number,
      stretch: number,
    ): Target => ({
      id,
      what,
      measured,
      shown,
      better: 'more',
      pass,
      stretch,
    });
    const toFloor = (perSec: number) => `${two(perSec / floor)} F (${whole(perSec)}/s)`;
    const ms = (value: number) => `${whole(value)} ms`;
    const quiet = (what: string, waits: number[], pass: number, stretch: number) =>
      less('T11', what, percentile(waits, 0.99), ms(percentile(waits, 0.99)), pass, stretch);
    const targets = [
      less(
        'T4',
        'Redis commands a webhook of up to 100 messages',
        Math.max(...roundTrips),
        roundTrips.map(two).join(' / '),
        1,
        1,
      ),
      ...latencies.flatMap(({ fsync, perSec, commitP50, commitP99 }) => {
        const what = `accept → commit at ${perSec} messages/s, ${fsync}`;
        if (perSec === 500) {
          return [
            less('T6', `${what}, p50`, commitP50, ms(commitP50), 3, 3),
            less('T6', `${what}, p99`, commitP99, ms(commitP99), 25, 10),
          ];
        }
        return perSec === 1_000 ? [less('T7', `${what}, p99`, commitP99, ms(commitP99), 100, 50)] : [];
      }),
      ...FSYNCS.flatMap((on) => [
        more(
          'T8',
          `two workers draining, 1 message a conversation, ${on}`,
          single[on] / floor,
          toFloor(single[on]),
          0.22,
          0.3,
        ),
        more(
          'T9',
          `two workers draining, 10 messages a conversation, ${on}`,
          many[on] / floor,
          toFloor(many[on]),
          0.6,
          0.85,
        ),
        more('T10', `sends of one worker process, ${on}`, sends[on] / floor, toFloor(sends[on]), 0.18, 0.25),
        quiet(`quiet contact behind 40 chatty ones, ${on}, p99`, chatty[on], 250, 150),
        quiet(`quiet contact beside a noisy number, ${on}, p99`, tenant[on], 50, 20),
      ]),
      less(
        'T17',
        '300 messages/s beside 3000 statuses/s (10 a webhook), webhook sent → Graph called, p99',
        percentile(flood, 0.99),
        ms(percentile(flood, 0.99)),
        250,
        50,
      ),
      less(
        'T12',
        `recovery after kill -9 (lock ${LOCK_MS} ms, stalled check ${STALLED_CHECK_MS} ms), worst`,
        worstRecovery,
        ms(worstRecovery),
        LOCK_MS + 2 * STALLED_CHECK_MS,
      ),
      less('T15', 'a dedupe entry', bytes.dedupeEntry, `${two(bytes.dedupeEntry)} B`, 12),
      less(
        'T15',
        `session of an idle conversation (${bytes.sessionJson} B of JSON)`,
        bytes.session,
        `${whole(bytes.session)} B`,
        500,
      ),
      less(
        'T15',
        `a lone queued message, without the ${whole(bytes.identities)} B that find its contact`,
        bytes.queuedMessage,
        `${whole(bytes.queuedMessage)} B`,
        900,
      ),
      less('T16', 'waits a send at a saturated limit of 200/s', limit.waitsPerSend, two(limit.waitsPerSend), 1.1, 1),
      less('T16', 'worst second by the limit', limit.worstSecond, two(limit.worstSecond), 1.15, 1.1),
    ];
    return {
      targets,
      latencies,
      bytes: `All an idle conversation leaves in Redis (session, contact, identities, expiry timer, dedupe entry): ${whole(bytes.idleConversation)} B.`,
    };
  } finally {
    await rig.stop();
    await graph.stop();
  }
}

/** Measured with Redis on each policy: the targets were set on `everysec`, `always` is what `npm start` and the compose file run. */
async function onBoth<T>(rig: Rig, measure: () => Promise<T>): Promise<{ [on in Fsync]: T }> {
  const everysec = await measureOn(rig, 'everysec', measure);
  return { everysec, always: await measureOn(rig, 'always', measure) };
}

async function measureOn<T>(rig: Rig, fsync: Fsync, measure: () => Promise<T>): Promise<T> {
  await rig.client.config('SET', 'appendfsync', fsync);
  return measure();
}

import { parseCallbackData } from '../../src/shared/callback-data.js';
import { deploy } from '../support/deployment.js';
import { type SendFault, startGraphDouble } from '../support/graph-double.js';
import { endpointFiles } from '../support/meta-webhooks.js';
import { WHATSAPP_ENV } from '../support/project.js';
import { startTestRedis } from '../support/redis.js';
import { openLedger, type Waiting } from './drained.js';
import { createFleet, type KillPlan, type Kills, type Range } from './fleet.js';
import { createPoster } from './post-until-stored.js';
import { createRandom } from './random.js';
import { createStatusReporter } from './statuses.js';
import { addUp, judge, type Verdict } from './verdict.js';
import { createWorkload, NUMBERS, type Workload } from './workload.js';

/** One kill test: what is written, who dies, and what is promised all the same. */
export interface Variant {
  name: string;
  messages: number;
  conversations: number;
  fsync: 'always' | 'everysec';
  kills: KillPlan;
  /** Meta's time to answer a send */
  graphAnswersMs: Range;
  /** Meta tells what became of each message */
  hasStatuses: boolean;
  /** how long a send of unknown fate waits for its status */
  uncertainGraceMs: number;
  seed: number;
}

export interface Outcome {
  variant: Variant;
  kills: Kills;
  verdict: Verdict;
  /** what still waited at the end */
  stuck: Waiting;
  deadLetters: number;
  /** sends whose fate only their status told; messages marked as possibly doubled */
  settled: number;
  marked: number;
  counts: Workload['counts'] & { posts: number; statuses: number };
  unquietEnds: number;
  /** from taking a message to the 200 for its first status; above the grace period duplicates are to be expected */
  slowestStatusMs: number;
  tookSec: number;
  /** what was promised and not kept, in words; empty when all is well */
  broken: string[];
}

const MESSAGE_DELAY_MS = 100;
/** Longer than anything may wait: a lock, a stalled check, a grace period, a sweep. */
const STUCK_AFTER_MS = 45_000;

/** Counts its messages in the session: a turn that ran twice, or not at all, shows in every later reply. */
const FLOW = `spec: 1
flow: count
context: { n: 0 }
steps:
  - set: { context.n: "{{ context.n + 1 }}" }
  - say: "a {{ context.n }} {{ input.text }}"
  - say: "b {{ context.n }} {{ input.text }}"
`;

/** Runs one variant on a Redis, a deployment and a Graph double of its own. */
export async function runKillTest(variant: Variant): Promise<Outcome> {
  const startedAt = performance.now();
  const random = createRandom(variant.seed);
  const undo: (() => unknown)[] = [];
  try {
    const redis = await startTestRedis({ aof: variant.fsync });
    undo.push(() => redis.stop());
    const deployment = deploy({
      'config/flows/count.yaml': FLOW,
      ...endpointFiles(
        NUMBERS.map((phoneNumberId) => ({
          phoneNumberId,
          flow: 'count',
          messageDelayMs: MESSAGE_DELAY_MS,
          throughputPerSec: 1000,
        })),
      ),
    });
    undo.push(() => deployment.remove());

    const graph = await startGraphDouble({
      answerAfterMs: () => random.int(...variant.graphAnswersMs),
      faultOf: () => faultOf(random.next()),
      onTaken(message) {
        workload.onTaken(message);
        if (variant.hasStatuses) statuses.onTaken(message);
      },
    });
    undo.push(() => graph.stop());
    const fleet = await createFleet({
      deployment,
      redis,
      random,
      webs: 2,
      workers: 3,
      env: {
        ...WHATSAPP_ENV,
        REDIS_URL: redis.url,
        GRAPH_API_URL: graph.url,
        LOG_LEVEL: 'warn',
        PARLANCE_CONVERSATION_CONCURRENCY: '20',
        PARLANCE_CONVERSATION_LOCK_MS: '2000',
        PARLANCE_CONVERSATION_STALLED_CHECK_MS: '1000',
        PARLANCE_OUTBOUND_CONCURRENCY: '40',
        PARLANCE_OUTBOUND_UNCERTAIN_GRACE_MS: String(variant.uncertainGraceMs),
        // A contact gets more in a minute here than Meta would allow.
        PARLANCE_OUTBOUND_PAIR_RATE_ENABLED: 'false',
        PARLANCE_CLOUD_API_TIMEOUT_MS: '5000',
        PARLANCE_RETENTION_EVENTS_PER_LANE: '1000000',
      },
    });
    undo.push(() => fleet.stop());
    const poster = createPoster(fleet.webs);
    undo.push(() => poster.close());
    const workload = createWorkload({ ...variant, poster, random });
    const statuses = createStatusReporter(poster, random);

    await fleet.start();
    const ledger = await openLedger(redis.url, NUMBERS);
    undo.push(() => ledger.close());
    fleet.kill(variant.kills, () => workload.counts.replies / (variant.messages * 2));
    await workload.run();
    const stuck = await ledger.drained(STUCK_AFTER_MS);
    await fleet.calmDown();
    await statuses.settled();

    const { marked, settled } = await ledger.sends();
    const deadLetters = await ledger.deadLetters();
    const unquietEnds = await fleet.stop();
    const rules = { messageDelayMs: MESSAGE_DELAY_MS, uncertainGraceMs: variant.uncertainGraceMs };
    const verdicts = workload.transcripts().map((it) =>
      judge(it, rules, {
        isMarked: (callbackData) => marked.has(eventName(it.phoneNumberId, callbackData)),
        statusAtMs: (callbackData) => statuses.storedAtMs(it.phoneNumberId, callbackData),
      }),
    );
    const verdict = addUp(verdicts);
    const counts = { ...workload.counts, posts: poster.counts.posts, statuses: statuses.count() };
    const seen = { variant, kills: fleet.kills, verdict, stuck, deadLetters, unquietEnds, counts };
    return {
      ...seen,
      settled,
      marked: marked.size,
      slowestStatusMs: statuses.slowestMs(),
      tookSec: (performance.now() - startedAt) / 1000,
      broken: brokenPromises(seen),
    };
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** Two in a hundred sends are answered with 503, half of them although the message was taken; a few with nothing at all. */
function faultOf(dice: number): SendFault | undefined {
  if (dice < 0.01) return 'refuse';
  if (dice < 0.02) return 'take_and_refuse';
  return dice < 0.025 ? 'take_and_hang_up' : undefined;
}

/** How the event stream names the message that was sent with this callback data. */
function eventName(phoneNumberId: string, callbackData: string): string {
  const ours = parseCallbackData(callbackData);
  return `${phoneNumberId}.${ours?.contactId}:${ours?.oid}`;
}

function brokenPromises(
  it: Pick<Outcome, 'variant' | 'verdict' | 'stuck' | 'deadLetters' | 'unquietEnds' | 'counts'>,
): string[] {
  const { lost, reordered, doubleEffects, strange, tooSoon, duplicates, unmarkedDuplicates, needlessDuplicates } =
    it.verdict;
  const stuck = it.stuck.inbound + it.stuck.outbound + it.stuck.effects;
  const promises: [string, number][] = [
    ['messages lost', lost],
    ['replies out of order', reordered],
    ['double effects', doubleEffects],
    ['conversations or effects stuck', stuck],
    ['replies nobody asked for', strange],
    ['replies to an address nobody wrote from', it.counts.strays],
    ['replies within the message delay', tooSoon],
    // Where Meta tells what became of a message, nothing is ever sent twice.
    ['duplicates although statuses come', it.variant.hasStatuses ? duplicates : 0],
    ['duplicates sent too early, or although a status had come', needlessDuplicates],
    ['duplicates that were not marked', unmarkedDuplicates],
    ['dead letters', it.deadLetters],
    ['processes that had to be killed to stop', it.unquietEnds],
  ];
  return promises.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`);
}

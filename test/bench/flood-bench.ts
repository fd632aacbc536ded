import { readInstall } from '../../src/redis/install.js';
import { formatCallbackData } from '../../src/shared/callback-data.js';
import type { OutsideStatus } from '../support/meta-webhooks.js';
import { newTexts, portions } from './contacts.js';
import { drained } from './events.js';
import { pace, prepare } from './load.js';
import { NUMBERS, type Rig, type Server } from './rig.js';
import type { Taken } from './turn-bench.js';

/** Meta batches up to a thousand updates; what it sends to a busy server is some of that. */
const STATUSES_A_WEBHOOK = 10;
const WORDS = ['sent', 'delivered', 'read'] as const;
/** Far above the ids of what the rig really sends. */
const FIRST_OID = 1_000_000_000;

/**
 * What a number at 1000 messages a second meets: three statuses each, and replies of a third of the contacts.
 *
 * @returns webhook sent → Graph called, ms, of the messages
 */
export async function benchFlood(
  rig: Rig,
  web: Server,
  taken: Taken,
  { messagesPerSec, statusesPerSec, seconds }: { messagesPerSec: number; statusesPerSec: number; seconds: number },
): Promise<number[]> {
  const { id: installId } = await readInstall(rig.client);
  const statuses = Array.from({ length: statusesPerSec * seconds }, (_, i): OutsideStatus => {
    const oid = String(FIRST_OID + Math.floor(i / WORDS.length));
    return {
      phoneNumberId: NUMBERS.echo,
      wamid: `wamid.FLOOD${oid}`,
      status: WORDS[i % WORDS.length] ?? 'read',
      recipient: '351910000000',
      callbackData: formatCallbackData({ installId, contactId: `flood${oid.padStart(11, '0')}`, oid }),
    };
  });
  const texts = newTexts(NUMBERS.echo, messagesPerSec * seconds);
  const floods = portions(statuses, STATUSES_A_WEBHOOK).map((some) => prepare([], some));
  const written = texts.map((text) => prepare([text]));
  taken.length = 0;
  const [{ sentAtMs, refused }, flood] = await Promise.all([
    pace(web.port, written, messagesPerSec),
    pace(web.port, floods, statusesPerSec / STATUSES_A_WEBHOOK),
  ]);
  if (refused + flood.refused > 0) throw new Error(`${refused + flood.refused} webhooks were refused in the flood`);
  await drained(rig.client, NUMBERS.echo);
  const sentAt = new Map(texts.map(({ text }, i) => [text, sentAtMs[i] ?? Number.NaN]));
  return taken.map(({ text, atMs }) => atMs - (sentAt.get(text) ?? Number.NaN));
}

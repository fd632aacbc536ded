import { setTimeout as sleep } from 'node:timers/promises';
import type { TakenMessage } from '../support/graph-double.js';
import { type OutsideContact, type OutsideText, webhookBody } from '../support/meta-webhooks.js';
import type { Poster } from './post-until-stored.js';
import type { Random } from './random.js';
import type { Reply, Transcript } from './verdict.js';

/** The two numbers contacts write to: two lanes, and every contact known to both. */
export const NUMBERS: readonly string[] = ['106540352242922', '106540352242933'];

const POSTERS = 8;
/** Messages that may be posted and not yet answered: enough to keep everybody busy, few enough to be killed with. */
const MAX_BACKLOG = 2_500;
const BODIES_KEPT = 200;

interface Conversation extends Transcript {
  phoneNumberId: string;
  contact: OutsideContact;
  accepted: number;
  replies: Reply[];
  /** some POST with a message of it has no 200 yet */
  isOnItsWay: boolean;
}

export interface Workload {
  /** resolves when every message is stored */
  run(): Promise<void>;
  onTaken(message: TakenMessage): void;
  transcripts(): readonly (Transcript & { phoneNumberId: string })[];
  /**
   * messages, POSTs of new messages, POSTs of what had been stored before, replies that came (each once), and replies to
   * an address nobody wrote from
   */
  counts: { messages: number; batches: number; redelivered: number; replies: number; strays: number };
}

/**
 * Contacts that write in bursts: batches of all sizes on several connections, earlier bodies again, and earlier messages
 * again in other bodies.
 *
 * Most conversations have one POST on its way at a time, so the order of acceptance is known; the messages of one in ten
 * are posted side by side.
 */
export function createWorkload(options: {
  messages: number;
  conversations: number;
  poster: Poster;
  random: Random;
}): Workload {
  const { poster, random } = options;
  const conversations = makeConversations(options.conversations);
  const byAddress = new Map(conversations.map((it) => [address(it.phoneNumberId, it.contact), it]));
  const seen = new Set<string>();
  const stored: { body: Buffer; texts: OutsideText[] }[] = [];
  const counts = { messages: 0, batches: 0, redelivered: 0, replies: 0, strays: 0 };
  let posted = 0;

  function nextBatch(): { texts: OutsideText[]; members: Set<Conversation> } {
    const texts: OutsideText[] = [];
    const members = new Set<Conversation>();
    const size = Math.min(batchSize(random), options.messages - posted);
    // Bounded: nearly all conversations may be on their way.
    for (let looks = 0; texts.length < size && looks < size * 4; looks++) {
      const conversation = random.pick(conversations);
      if (conversation === undefined || (conversation.isOnItsWay && !conversation.isRacing)) continue;
      members.add(conversation);
      const run = Math.min(random.chance(0.3) ? random.int(2, 5) : 1, size - texts.length);
      for (let i = 0; i < run; i++) {
        const { phoneNumberId, contact } = conversation;
        conversation.accepted += 1;
        posted += 1;
        texts.push({ phoneNumberId, contact, wamid: `wamid.IN${posted}`, text: String(conversation.accepted) });
      }
    }
    for (const member of members) member.isOnItsWay = true;
    return { texts, members };
  }

  async function postBatches(): Promise<void> {
    while (posted < options.messages) {
      if (counts.messages - counts.replies / 2 > MAX_BACKLOG) {
        await sleep(20);
        continue;
      }
      const { texts, members } = nextBatch();
      if (texts.length === 0) {
        await sleep(5);
        continue;
      }
      const body = webhookBody(texts);
      await poster.post(body);
      for (const member of members) member.isOnItsWay = false;
      counts.messages += texts.length;
      counts.batches += 1;
      stored[counts.batches % BODIES_KEPT] = { body, texts };
      if (random.chance(0.15)) await redeliver();
      // Bursts: several batches at once, then quiet.
      if (random.chance(0.2)) await sleep(random.int(10, 200));
    }
  }

  async function redeliver(): Promise<void> {
    const [one, other] = [random.pick(stored), random.pick(stored)];
    if (one === undefined || other === undefined) return;
    counts.redelivered += 1;
    if (random.chance(0.6)) return poster.post(one.body);
    const again = [...one.texts, ...other.texts].filter(() => random.chance(0.5));
    if (again.length > 0) await poster.post(webhookBody(again));
  }

  return {
    counts,
    async run() {
      await Promise.all(Array.from({ length: POSTERS }, postBatches));
    },
    onTaken({ phoneNumberId, to, text, callbackData, atMs }) {
      // Outbox ids are counted by number.
      const message = `${phoneNumberId} ${callbackData}`;
      if (!seen.has(message)) counts.replies += 1;
      seen.add(message);
      const conversation = byAddress.get(`${phoneNumberId} ${to}`);
      if (conversation === undefined) counts.strays += 1;
      else conversation.replies.push({ text, callbackData, atMs });
    },
    transcripts: () => conversations,
  };
}

function makeConversations(count: number): Conversation[] {
  return Array.from({ length: count }, (_, i) => {
    const person = Math.floor(i / NUMBERS.length);
    // One in five has no phone number to show.
    const contact = {
      bsuid: `PT.9${String(person).padStart(9, '0')}`,
      ...(person % 5 === 0 ? {} : { waId: `35191${String(person).padStart(7, '0')}` }),
    };
    return {
      phoneNumberId: NUMBERS[i % NUMBERS.length] ?? '',
      contact,
      accepted: 0,
      isRacing: person % 10 === 1,
      isOnItsWay: false,
      replies: [],
    };
  });
}

/** How the Graph double hears of them: by number, else by user id. */
function address(phoneNumberId: string, { waId, bsuid }: OutsideContact): string {
  return `${phoneNumberId} ${waId ?? bsuid}`;
}

function batchSize(random: Random): number {
  const dice = random.next();
  if (dice < 0.45) return 1;
  if (dice < 0.8) return random.int(2, 10);
  if (dice < 0.97) return random.int(11, 60);
  return random.int(101, 180);
}

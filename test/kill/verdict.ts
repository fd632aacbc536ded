/** What one conversation was asked and what came back. */
export interface Transcript {
  /** messages that got a 200: their texts are `1` to this number */
  accepted: number;
  /** its messages were posted side by side, so only Parlance knows their order */
  isRacing: boolean;
  /** every message the Graph double took, in the order they came */
  replies: readonly Reply[];
}

export interface Reply {
  /** `a <n> <text>` or `b <n> <text>`, where n is the session's own count of messages */
  text: string;
  /** `biz_opaque_callback_data`: names the message, so that a second copy is known as such */
  callbackData: string;
  /** ms, on any one clock */
  atMs: number;
}

/** What was promised and not kept, counted. */
export interface Verdict {
  /** accepted messages without both replies */
  lost: number;
  /** replies that came before one they belong behind */
  reordered: number;
  /** messages answered by two turns, and turns that saw a session which had not counted every message once */
  doubleEffects: number;
  /** replies nobody asked for, such as the fallback text */
  strange: number;
  /** replies less than the message delay behind the one before */
  tooSoon: number;
  /** copies of a message that had been taken already */
  duplicates: number;
  /** of these, the ones Parlance did not mark as possibly doubled */
  unmarkedDuplicates: number;
  /** of these, the ones sent although a status had said that Meta has the message, or before the grace period was over */
  needlessDuplicates: number;
}

/** What Parlance was told and said of messages, by their callback data. */
export interface Evidence {
  /** it said that this message may be doubled */
  isMarked(callbackData: string): boolean;
  /** ms, on the clock of the replies, when a status of the message was stored; undefined when none ever was */
  statusAtMs(callbackData: string): number | undefined;
}

export interface Rules {
  /** the endpoint's; a millisecond less is let through, as clocks are read in whole ones */
  messageDelayMs: number;
  uncertainGraceMs: number;
}

/** A send that had begun when the status came is not called back. */
const UNDER_WAY_MS = 1_000;

const REPLY = /^([ab]) (\d+) (\d+)$/;

export function judge({ accepted, isRacing, replies }: Transcript, rules: Rules, evidence: Evidence): Verdict {
  const verdict = noFaults();
  const first = new Map<string, Reply>();
  for (const reply of replies) {
    const original = first.get(reply.callbackData);
    if (original === undefined) {
      first.set(reply.callbackData, reply);
      continue;
    }
    verdict.duplicates += 1;
    if (!evidence.isMarked(reply.callbackData)) verdict.unmarkedDuplicates += 1;
    const toldAtMs = evidence.statusAtMs(reply.callbackData) ?? Number.POSITIVE_INFINITY;
    const waitedMs = reply.atMs - original.atMs;
    if (toldAtMs < reply.atMs - UNDER_WAY_MS || waitedMs < rules.uncertainGraceMs - UNDER_WAY_MS)
      verdict.needlessDuplicates += 1;
  }

  const answered = new Map<string, number>();
  const textOfCount = new Map<number, number>();
  let lastPlace = 0;
  let lastAtMs = Number.NEGATIVE_INFINITY;
  for (const { text, atMs } of first.values()) {
    if (atMs - lastAtMs < rules.messageDelayMs - 1) verdict.tooSoon += 1;
    lastAtMs = atMs;
    const [, half, countText, numberText] = REPLY.exec(text) ?? [];
    const [count, number] = [Number(countText), Number(numberText)];
    if (half === undefined || number < 1 || number > accepted) {
      verdict.strange += 1;
      continue;
    }
    const place = (isRacing ? count : number) * 2 + (half === 'a' ? 0 : 1);
    if (place < lastPlace) verdict.reordered += 1;
    lastPlace = place;

    const key = `${half} ${number}`;
    answered.set(key, (answered.get(key) ?? 0) + 1);
    if ((answered.get(key) ?? 0) > 1) verdict.doubleEffects += 1;
    // In one row the session's count is the message's own number; side by side it is some number nobody else has.
    else if (isRacing ? (textOfCount.get(count) ?? number) !== number || count > accepted : count !== number)
      verdict.doubleEffects += 1;
    textOfCount.set(count, number);
  }
  for (let number = 1; number <= accepted; number++) {
    if (!answered.has(`a ${number}`) || !answered.has(`b ${number}`)) verdict.lost += 1;
  }
  return verdict;
}

export function noFaults(): Verdict {
  return {
    lost: 0,
    reordered: 0,
    doubleEffects: 0,
    strange: 0,
    tooSoon: 0,
    duplicates: 0,
    unmarkedDuplicates: 0,
    needlessDuplicates: 0,
  };
}

export function addUp(verdicts: Iterable<Verdict>): Verdict {
  const sum = noFaults();
  for (const verdict of verdicts) {
    for (const name of Object.keys(sum) as (keyof Verdict)[]) sum[name] += verdict[name];
  }
  return sum;
}

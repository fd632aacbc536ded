import { z } from 'zod';

/** Statuses that can get lost. */
const LOSABLE = ['sent', 'delivered', 'read', 'played', 'failed'] as const;

/** Answers that no client expects: Graph's edge, a proxy, or a bad line wrote them. */
export const BROKEN_ANSWERS = [
  'html',
  'empty',
  'not-json',
  'cut',
  'error-in-200',
  'bare-400',
  'huge',
  'reset',
] as const;
export type BrokenAnswer = (typeof BROKEN_ANSWERS)[number];

const error = z.strictObject({
  /** any of Meta's codes, known to the simulator or not */
  code: z.int().min(0),
  /** of the answer; what usually comes with the code when left out */
  httpStatus: z.int().min(400).max(599).exactOptional(),
  /** `is_transient` */
  transient: z.boolean().exactOptional(),
  /** minutes of `estimated_time_to_regain_access` in the usage header */
  regainMinutes: z.int().min(0).exactOptional(),
});
const answer = z.strictObject({
  answer: z.enum(BROKEN_ANSWERS),
  /** whether the call did what it asked for all the same */
  processed: z.boolean().exactOptional(),
});
const delay = z.strictObject({ delayMs: z.int().min(0).max(600_000) });
const loss = z.strictObject({ lose: z.array(z.enum(LOSABLE)).min(1) });

/** Whom a rule is about; what is left out may be anything. */
const match = z.strictObject({
  phoneNumberId: z.string().exactOptional(),
  contactId: z.string().exactOptional(),
  /** a message's type, as in `template`; a kind of interactive message as `interactive list` */
  type: z.string().exactOptional(),
  /** a template's name */
  template: z.string().exactOptional(),
  /** stands anywhere in the JSON that was sent */
  text: z.string().min(1).exactOptional(),
  /** stands anywhere in the path, as in `/media` */
  path: z.string().min(1).exactOptional(),
});

const often = {
  match: match.default({}),
  /** so many pass unharmed first */
  skip: z.int().min(0).default(0),
  /** so often; 0: for ever */
  times: z.int().min(0).default(1),
};

/**
 * What shall go wrong, when, and how often. `call` is every Graph call, `send` one that sends a message (nothing reaches
 * the contact unless `processed`), `status` what becomes of it afterwards.
 */
export const Rule = z.discriminatedUnion('via', [
  z.strictObject({ via: z.literal('call'), effect: z.union([error, answer, delay]), ...often }),
  z.strictObject({ via: z.literal('send'), effect: z.union([error, answer, delay]), ...often }),
  z.strictObject({ via: z.literal('status'), effect: z.union([error, loss, delay]), ...often }),
]);
export type Rule = z.input<typeof Rule>;
type ParsedRule = z.output<typeof Rule>;

export type CallOutcome = z.output<typeof error> | z.output<typeof answer> | z.output<typeof delay>;
export type StatusOutcome = z.output<typeof error> | z.output<typeof loss> | z.output<typeof delay>;

/** A call, as rules see it. */
export interface RuleTarget {
  phoneNumberId?: string | undefined;
  contactId?: string | undefined;
  type?: string | undefined;
  template?: string | undefined;
  path?: string | undefined;
  /** what was sent, as JSON */
  text?: string | undefined;
}

/** A rule as it stands now. */
export type StandingRule = ParsedRule & {
  id: string;
  /** how often it has struck */
  struck: number;
};

export interface RuleBook {
  /** @returns its id */
  add(rule: ParsedRule): string;
  /** in order of age; the first that fits strikes */
  list(): readonly StandingRule[];
  remove(id: string): boolean;
  /** What happens to this call; asking counts. */
  strike(via: 'call' | 'send', target: RuleTarget): CallOutcome | undefined;
  strikeStatus(target: RuleTarget): StatusOutcome | undefined;
  clear(): void;
}

export function createRuleBook(): RuleBook {
  const rules = new Map<string, StandingRule & { passed: number }>();
  let lastId = 0;

  function hit(via: ParsedRule['via'], target: RuleTarget): StandingRule | undefined {
    for (const rule of rules.values()) {
      if (rule.via !== via || !fits(rule.match, target)) continue;
      if (rule.passed < rule.skip) {
        rule.passed += 1;
        continue;
      }
      rule.struck += 1;
      if (rule.times !== 0 && rule.struck >= rule.times) rules.delete(rule.id);
      return rule;
    }
    return undefined;
  }

  return {
    add(rule) {
      lastId += 1;
      const id = `rule-${lastId}`;
      rules.set(id, { ...rule, id, struck: 0, passed: 0 });
      return id;
    },
    list: () => [...rules.values()].map(({ passed: _passed, ...rule }) => rule),
    remove: (id) => rules.delete(id),
    strike(via, target) {
      const rule = hit(via, target);
      return rule === undefined || rule.via === 'status' ? undefined : rule.effect;
    },
    strikeStatus(target) {
      const rule = hit('status', target);
      return rule?.via === 'status' ? rule.effect : undefined;
    },
    clear: () => rules.clear(),
  };
}

function fits(wanted: ParsedRule['match'], target: RuleTarget): boolean {
  const { text, path, ...exact } = wanted;
  return (
    (text === undefined || target.text?.includes(text) === true) &&
    (path === undefined || target.path?.includes(path) === true) &&
    (exact.phoneNumberId ?? target.phoneNumberId) === target.phoneNumberId &&
    (exact.contactId ?? target.contactId) === target.contactId &&
    (exact.template ?? target.template) === target.template &&
    (exact.type === undefined || target.type === exact.type || target.type?.split(' ')[0] === exact.type)
  );
}

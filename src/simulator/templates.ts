import { newNodeId } from './ids.js';
import type { JsonObject } from './json.js';
import { present } from './json.js';
import type { Random } from './random.js';

export const TEMPLATE_STATUSES = [
  'APPROVED',
  'PENDING',
  'REJECTED',
  'PAUSED',
  'DISABLED',
  'IN_APPEAL',
  'PENDING_DELETION',
  'ARCHIVED',
] as const;
export type TemplateStatus = (typeof TEMPLATE_STATUSES)[number];
export const CATEGORIES = ['MARKETING', 'UTILITY', 'AUTHENTICATION'] as const;

/** A message template of an account: one name in one language. */
export interface Template {
  id: string;
  wabaId: string;
  name: string;
  language: string;
  category: (typeof CATEGORIES)[number];
  status: TemplateStatus;
  quality: 'GREEN' | 'YELLOW' | 'RED' | 'UNKNOWN';
  parameterFormat: 'POSITIONAL' | 'NAMED';
  /** as it was created */
  components: JsonObject[];
  rejectedReason?: string;
  /** how often it was paused: 3 h, then 6 h, then it is disabled */
  pauses: number;
  /** epoch ms, while it is paused */
  pausedUntilMs?: number;
  /** when it was edited, epoch ms */
  edits: number[];
}

export type NewTemplate = Pick<
  Template,
  'wabaId' | 'name' | 'language' | 'category' | 'components' | 'parameterFormat'
>;

const HOUR_MS = 3_600_000;
const PAUSES_MS = [3 * HOUR_MS, 6 * HOUR_MS];
/** Meta gives every account this one. */
const SAMPLE = {
  name: 'hello_world',
  language: 'en_US',
  category: 'UTILITY',
  parameterFormat: 'POSITIONAL',
  components: [
    { type: 'HEADER', format: 'TEXT', text: 'Hello World' },
    { type: 'BODY', text: 'Welcome and congratulations!! This message demonstrates your ability to send a template.' },
    { type: 'FOOTER', text: 'WhatsApp Business Platform sample message' },
  ],
} as const satisfies Omit<NewTemplate, 'wabaId'>;

/** What an account's webhook says of a template, and why. */
export interface TemplateChange {
  template: Template;
  event: string;
  reason?: string | null;
  other?: JsonObject;
}

export interface TemplateStore {
  /** oldest first */
  list(wabaId: string): readonly Template[];
  byId(id: string): Template | undefined;
  find(wabaId: string, name: string, language: string): Template | undefined;
  add(template: NewTemplate, status: TemplateStatus): Template;
  remove(template: Template): void;
  /** Moves it to another status, and tells. A third pause disables it. */
  setStatus(template: Template, status: TemplateStatus, reason?: string): void;
  /** Ends pauses whose time is over. */
  refresh(): void;
  reset(): void;
}

/** @param changed hears of every status that moves */
export function createTemplateStore(deps: {
  random: Random;
  nowMs(): number;
  changed(change: TemplateChange): void;
}): TemplateStore {
  const { random, nowMs, changed } = deps;
  const templates = new Map<string, Template>();
  const known = new Set<string>();

  function add(template: NewTemplate, status: TemplateStatus): Template {
    // The webhook gives the id as a number, so it has to be one that JSON keeps.
    const id = newNodeId(random).slice(0, 15);
    const added: Template = { ...template, id, status, quality: 'UNKNOWN', pauses: 0, edits: [] };
    templates.set(added.id, added);
    return added;
  }

  function refresh(): void {
    for (const template of templates.values()) {
      if (template.pausedUntilMs === undefined || template.pausedUntilMs > nowMs()) continue;
      delete template.pausedUntilMs;
      template.status = 'APPROVED';
      changed({ template, event: 'REINSTATED', other: { title: 'UNPAUSE' } });
    }
  }

  function pause(template: Template): void {
    const lengthMs = PAUSES_MS[template.pauses];
    template.pauses += 1;
    if (lengthMs === undefined) {
      template.status = 'DISABLED';
      changed({ template, event: 'DISABLED', reason: null, other: { title: 'DISABLED' } });
      return;
    }
    template.status = 'PAUSED';
    template.pausedUntilMs = nowMs() + lengthMs;
    const title = template.pauses === 1 ? 'FIRST_PAUSE' : 'SECOND_PAUSE';
    changed({ template, event: 'PAUSED', reason: null, other: { title } });
  }

  /** An account has Meta's sample from its first day; accounts come while the double runs. */
  function ofAccount(wabaId: string): Template[] {
    if (!known.has(wabaId)) {
      known.add(wabaId);
      add({ ...SAMPLE, wabaId, components: [...SAMPLE.components] }, 'APPROVED');
    }
    refresh();
    return [...templates.values()].filter((template) => template.wabaId === wabaId);
  }

  return {
    list: ofAccount,
    byId(id) {
      refresh();
      return templates.get(id);
    },
    find: (wabaId, name, language) => ofAccount(wabaId).find((one) => one.name === name && one.language === language),
    add,
    remove(template) {
      templates.delete(template.id);
      changed({ template, event: 'DELETED' });
    },
    setStatus(template, status, reason) {
      delete template.pausedUntilMs;
      delete template.rejectedReason;
      if (status === 'PAUSED') {
        pause(template);
        return;
      }
      template.status = status;
      if (status === 'REJECTED') template.rejectedReason = reason ?? 'INVALID_FORMAT';
      changed({ template, event: status, reason: status === 'REJECTED' ? (reason ?? 'INVALID_FORMAT') : 'NONE' });
    },
    refresh,
    reset() {
      templates.clear();
      known.clear();
    },
  };
}

/** As Graph gives it. */
export function templateNode(template: Template): JsonObject {
  return present({
    name: template.name,
    parameter_format: template.parameterFormat,
    components: template.components,
    language: template.language,
    status: template.status,
    category: template.category,
    quality_score: { score: template.quality },
    rejected_reason: template.rejectedReason ?? 'NONE',
    id: template.id,
  });
}

/** `value` of `message_template_status_update`. Its id is a number there, and only there. */
export function templateEvent({ template, event, reason = 'NONE', other }: TemplateChange): JsonObject {
  return present({
    event,
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language,
    message_template_category: template.category,
    reason,
    other_info: other,
  });
}

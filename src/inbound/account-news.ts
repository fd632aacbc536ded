import type { JsonObject } from '../shared/json.js';
import { idOf, objectOf, textOf } from '../shared/unread.js';

/** `error`: messages stop or will; `warn`: somebody should look; `info`: the rest */
export type NewsLevel = 'error' | 'warn' | 'info';

/** What a piece of account news comes to. */
export interface NewsGist {
  /** what it is about: `template 5`, `flow 7`, `number 351…` (our own), or the account */
  about: string;
  level: NewsLevel;
  /** Meta's word for what happened, where there is one */
  event?: string;
}

/** Fields about accounts, numbers, templates and forms. All others may hold contacts, and are shown by name only. */
const OPEN = new Set([
  ...['account_alerts', 'account_review_update', 'account_update', 'account_settings_update'],
  ...['business_capability_update', 'business_username_updates', 'flows', 'partner_solutions'],
  ...['message_template_status_update', 'message_template_quality_update', 'message_template_components_update'],
  ...['template_category_update', 'template_correct_category_detection', 'payment_configuration_update'],
  ...['phone_number_name_update', 'phone_number_quality_update', 'security'],
]);

/** Whether a field names no contact, and holds nothing they said. */
export function isOpenField(field: string): boolean {
  return OPEN.has(field);
}

/** Meta's words, wherever they stand; by the worst that one message holds. */
const LEVELS = new Map<string, NewsLevel>([
  ...['ACCOUNT_DELETED', 'ACCOUNT_OFFBOARDED', 'ACCOUNT_RESTRICTION', 'DISABLED_UPDATE', 'PARTNER_REMOVED'].map(error),
  ...['PARTNER_APP_UNINSTALLED', 'DISABLED', 'DISABLE', 'CRITICAL', 'BLOCKED', 'PIN_RESET_REQUEST'].map(error),
  ...['ACCOUNT_VIOLATION', 'REJECTED', 'PAUSED', 'FLAGGED', 'DOWNGRADE', 'LIMIT_EXCEEDED', 'LOCKED'].map(warn),
  ...['RED', 'YELLOW', 'WARNING', 'THROTTLED', 'DEFERRED', 'PENDING_DELETION', 'PIN_CHANGED'].map(warn),
  ...['ENDPOINT_ERROR_RATE', 'ENDPOINT_LATENCY', 'ENDPOINT_AVAILABILITY', 'CLIENT_ERROR_RATE'].map(warn),
  ...['FLOW_VERSION_EXPIRY_WARNING', 'SCHEDULE_FOR_DISABLE'].map(warn),
]);

function error(word: string): [string, 'error'] {
  return [word, 'error'];
}
function warn(word: string): [string, 'warn'] {
  return [word, 'warn'];
}

/** @param value of an open field; nothing is read of any other */
export function gistOf(field: string, value: JsonObject): NewsGist {
  if (!isOpenField(field)) return { about: 'account', level: 'info' };
  const alert = objectOf(value.alert_info);
  const event =
    textOf(value.event) ?? textOf(value.decision) ?? textOf(value.new_quality_score) ?? textOf(alert?.alert_type);
  return {
    about: aboutOf(value),
    level: levelOf(value, alert),
    ...(event === undefined ? {} : { event }),
  };
}

function aboutOf(value: JsonObject): string {
  const template = idOf(value.message_template_id);
  if (template !== undefined) return `template ${template}`;
  const flow = idOf(value.flow_id);
  if (flow !== undefined) return `flow ${flow}`;
  const number =
    idOf(value.display_phone_number) ??
    idOf(objectOf(value.phone_number_settings)?.phone_number_id) ??
    (value.entity_type === 'PHONE_NUMBER' ? idOf(value.entity_id) : undefined);
  return number === undefined ? 'account' : `number ${number}`;
}

/** What is over counts no more: a former score, a ban that was lifted. */
function levelOf(value: JsonObject, alert: JsonObject | undefined): NewsLevel {
  const ban = objectOf(value.ban_info)?.waba_ban_state;
  if (ban === 'REINSTATE') return 'info';
  const words = [
    ...[value.event, value.decision, value.new_quality_score, value.current_limit],
    ...[ban, alert?.alert_severity],
  ];
  const levels = words.map((word) => (typeof word === 'string' ? LEVELS.get(word) : undefined));
  return levels.includes('error') ? 'error' : levels.includes('warn') ? 'warn' : 'info';
}

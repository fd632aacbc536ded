import type { CheckedMessage } from './check-message.js';
import type { GraphFault } from './graph-error.js';
import { at, isJsonObject, stringAt } from './json.js';
import { kindsOf } from './media-limits.js';
import { checksIdentity, TIERS } from './number-state.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import type { MediaKind } from './samples.js';
import { MEDIA_KINDS } from './samples.js';
import { fitTemplate } from './template-fit.js';
import { buttonsOf, typeOf } from './template-parts.js';
import type { ShownTemplate } from './template-shown.js';
import type { Template } from './templates.js';
import { digitsOf } from './webhook-body.js';
import type { World } from './world.js';

const THIRTY_DAYS_MS = 30 * 24 * 3_600_000;

/** A message on its way to somebody. */
export interface Sending {
  number: SimulatedNumber;
  checked: CheckedMessage;
  /** undefined: nobody with that number is on WhatsApp */
  contact: SimulatedContact | undefined;
}

/** A template that fits, and what the contact sees of it. */
export interface FittingTemplate {
  template: Template;
  shown: ShownTemplate;
}

/** Why Meta takes a message not at all; undefined when it takes it. */
export function whyRefused(world: World, { number, checked, contact }: Sending): GraphFault | undefined {
  const { phoneNumberId, displayPhoneNumber } = number;
  const state = world.state(phoneNumberId);
  if (!state.registered) return { code: 133_010, details: 'The number is not registered.' };
  if (checked.to !== undefined && digitsOf(checked.to) === digitsOf(displayPhoneNumber)) {
    return { code: 131_021, details: 'The number cannot write to itself.' };
  }
  if (contact === undefined && number.testNumber === true) {
    return { code: 131_030, details: 'Add the recipient to the contacts of the simulator first.' };
  }
  if (contact !== undefined && state.blocked.has(contact.contactId)) {
    return { code: 130_403, details: 'This user was blocked by the business.' };
  }
  return whyMediaRefused(world, checked);
}

function whyMediaRefused(world: World, { type, content }: CheckedMessage): GraphFault | undefined {
  const interactive = type === 'interactive' ? at(content, 'header') : undefined;
  const ids = [stringAt(content, 'id'), ...MEDIA_KINDS.map((kind) => stringAt(interactive, kind, 'id'))];
  const isUnknown = ids.some((id) => id !== undefined && world.media.get(id) === undefined);
  return isUnknown && (isMedia(type) || type === 'interactive')
    ? { code: 131_009, details: 'There is no media with this id.' }
    : undefined;
}

/**
 * A template message against the templates of the account. With `templates: any` one that nobody has created is taken as
 * it is; one that exists is always checked.
 *
 * @returns undefined for a message that is none, and for a template nobody knows that is let through
 */
export function judgeTemplate(
  world: World,
  { number, checked }: Sending,
): FittingTemplate | { fault: GraphFault } | undefined {
  if (checked.type !== 'template' || !isJsonObject(checked.content)) return undefined;
  const name = stringAt(checked.content, 'name') ?? '';
  const language = stringAt(checked.content, 'language', 'code') ?? '';
  const template = world.templates.find(number.wabaId, name, language);
  if (template === undefined) {
    if (world.settings.templates === 'any') return undefined;
    return { fault: { code: 132_001, details: 'The template does not exist in this language.' } };
  }
  switch (template.status) {
    case 'APPROVED':
      break;
    case 'PAUSED':
      return { fault: { code: 132_015, details: 'The template is paused because of low quality.' } };
    case 'DISABLED':
      return { fault: { code: 132_016, details: 'The template was paused too often and is disabled.' } };
    default:
      return { fault: { code: 132_001, details: 'The template is not approved in this language.' } };
  }
  if (checked.to === undefined && handsOverCode(template)) {
    return { fault: { code: 131_062, details: 'A code can only be sent to a phone number.' } };
  }
  const fit = fitTemplate(template, checked.content);
  return 'fault' in fit ? fit : { template, shown: fit.shown };
}

function handsOverCode(template: Template): boolean {
  return (
    template.category === 'AUTHENTICATION' && buttonsOf(template.components).some((button) => typeOf(button) === 'OTP')
  );
}

/** The code a message that was taken fails with afterwards; undefined when it arrives. */
export function whyFails(
  world: World,
  { number, checked, contact }: Sending,
  template: Template | undefined,
): number | undefined {
  if (contact === undefined) return 131_026;
  const chat = { contactId: contact.contactId, phoneNumberId: number.phoneNumberId };
  const isTemplate = checked.type === 'template';
  if (!isTemplate && world.settings.serviceWindow && !world.window.isOpen(chat)) return 131_047;
  if (template?.category === 'MARKETING') {
    if (!world.takesOffers(chat)) return 131_050;
    // Offers are not delivered to numbers of the United States since April 2025.
    if (contact.waId?.startsWith('1') === true) return 131_049;
  }
  if (checked.identityKeyHash !== undefined && checksIdentity(world.state(number.phoneNumberId))) {
    if (checked.identityKeyHash !== contact.identityKeyHash) return 137_000;
  }
  if (isMedia(checked.type) && !isOfKind(world, checked.type, checked)) return 131_053;
  if (checked.type === 'reaction') {
    const target = world.chats.find(stringAt(checked.content, 'message_id') ?? '');
    const isTooOld = target !== undefined && world.nowMs() - target.atMs > THIRTY_DAYS_MS;
    if (isTooOld || target?.type === 'reaction') return 131_009;
  }
  return undefined;
}

/** What was uploaded as a song cannot be sent as a picture. A link is not fetched: nobody knows what is there. */
function isOfKind(world: World, kind: MediaKind, { content }: CheckedMessage): boolean {
  const media = world.media.get(stringAt(content, 'id') ?? '');
  if (media === undefined) return true;
  const isVoice = at(content, 'voice') === true;
  if (isVoice && !media.mimeType.startsWith('audio/ogg')) return false;
  return kindsOf(media.mimeType, media.bytes.length).includes(kind);
}

function isMedia(type: string): type is MediaKind {
  return MEDIA_KINDS.some((kind) => kind === type);
}

/** Whether one more person may be written to first: Meta counts people in 24 h, not messages. */
export function isWithinTier(world: World, { number, contact }: Sending): boolean {
  if (contact === undefined) return true;
  const chat = { contactId: contact.contactId, phoneNumberId: number.phoneNumberId };
  return (
    world.window.isOpen(chat) || world.reach.take(contact.contactId, TIERS[world.state(number.phoneNumberId).tier])
  );
}

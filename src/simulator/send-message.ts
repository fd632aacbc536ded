import type { ChatMessage } from './chats.js';
import { chatKey } from './chats.js';
import type { CheckedMessage } from './check-message.js';
import { checkMessage, checkReadReceipt, isReadReceipt } from './check-message.js';
import { FAULTS } from './faults.js';
import type { GraphFault } from './graph-error.js';
import { reaches } from './identity.js';
import { newWamid } from './ids.js';
import type { JsonObject } from './json.js';
import { stringAt } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import { TYPING_MS } from './options.js';
import { NUMBER_BUDGET, PAIR_BUDGET, TIGHT_NUMBER_BUDGET, TIGHT_PAIR_BUDGET } from './rate.js';
import type { StatusReporter } from './report-statuses.js';
import { digitsOf } from './webhook-body.js';
import type { World } from './world.js';

/** What a Graph call ends in, before it is written to the socket. */
export type GraphAnswer = { body: JsonObject; when?: AnswerTime } | { fault: GraphFault; note?: string };

/** When the answer leaves: late, after the statuses have arrived, or never. */
export type AnswerTime =
  | { afterMs: number; note: string }
  | { after: Promise<unknown>; note: string }
  | { never: true; note: string };

const MEDIA_TYPES = new Set(['image', 'video', 'audio', 'document', 'sticker']);

/** Chat of messages to people who are not on WhatsApp. */
const NOBODY = 'nobody';

/**
 * `POST /{phone-number-id}/messages`: a message, or a read receipt.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
export function createMessageCalls(world: World, reporter: StatusReporter) {
  const { faults, limiter, timing } = world;

  function post(number: SimulatedNumber, call: JsonObject): GraphAnswer {
    if (isReadReceipt(call)) {
      const checked = checkReadReceipt(call);
      return 'fault' in checked ? checked : markRead(number, checked.receipt);
    }
    const checked = checkMessage(call);
    return 'fault' in checked ? checked : send(number, call, checked.message);
  }

  function send(number: SimulatedNumber, call: JsonObject, checked: CheckedMessage): GraphAnswer {
    const contact = findRecipient(checked);
    if (checked.to !== undefined && digitsOf(checked.to) === digitsOf(number.displayPhoneNumber)) {
      return refusal(131021, 'The number cannot write to itself.');
    }
    if (contact === undefined && number.testNumber === true) {
      return refusal(131030, 'Add the recipient to the contacts of the simulator first.');
    }
    const contactId = contact?.contactId ?? NOBODY;
    const target = { phoneNumberId: number.phoneNumberId, contactId };
    const code = faults.strikesWith(target, 'send');
    if (code !== undefined) return { ...refusal(code, 'The simulator was asked to refuse this.'), note: 'fault' };
    const throttled = throttle(number.phoneNumberId, contactId);
    if (throttled !== undefined) return throttled;
    const mediaId = mediaIdOf(checked);
    if (mediaId !== undefined && world.media.get(mediaId) === undefined) {
      return refusal(131009, 'There is no media with this id.');
    }

    if (contact !== undefined && checked.to !== undefined) {
      world.wroteToNumber({ contactId, phoneNumberId: number.phoneNumberId });
    }
    const owner = checked.to === undefined ? (checked.recipient ?? '') : (contact?.waId ?? digitsOf(checked.to));
    const wamid = newWamid(owner, world.nowMs(), world.random);
    const message = world.addMessage({
      wamid,
      contactId,
      phoneNumberId: number.phoneNumberId,
      by: 'bot',
      type: checked.type,
      message: call,
      atMs: world.nowMs(),
      status: 'pending',
      ...(checked.repliedTo === undefined ? {} : { repliedTo: checked.repliedTo }),
    });
    world.bus.publish({ event: 'typing', contactId, phoneNumberId: number.phoneNumberId, untilMs: undefined });
    return { body: accepted(message, checked, contact), ...answerTime(message, contact) };
  }

  function answerTime(message: ChatMessage, contact: SimulatedContact | undefined): { when?: AnswerTime } {
    const { phoneNumberId, contactId } = message;
    const asked = faults.strikesWith({ phoneNumberId, contactId }, 'status');
    const failWith = contact === undefined ? 131026 : asked;
    const isEarly = faults.strikes(phoneNumberId, 'early-status');
    const told = reporter.report(message, { failWith, atOnce: isEarly });
    if (faults.strikes(phoneNumberId, 'no-answer')) return { when: { never: true, note: FAULTS['no-answer'].label } };
    if (faults.strikes(phoneNumberId, 'slow'))
      return { when: { afterMs: timing.slowAnswerMs, note: FAULTS.slow.label } };
    return isEarly ? { when: { after: told, note: FAULTS['early-status'].label } } : {};
  }

  function throttle(phoneNumberId: string, contactId: string): GraphAnswer | undefined {
    const pair = chatKey({ phoneNumberId, contactId });
    const { rateModel } = world.settings;
    // The faults keep budgets of their own, so that switching one off does not leave a debt behind.
    if (
      faults.strikes(phoneNumberId, 'throttle-number') &&
      !limiter.take(`tight ${phoneNumberId}`, TIGHT_NUMBER_BUDGET)
    ) {
      return {
        ...refusal(130429, 'Too many messages from this number in a short time.'),
        note: FAULTS['throttle-number'].label,
      };
    }
    if (faults.strikes(phoneNumberId, 'throttle-pair') && !limiter.take(`tight ${pair}`, TIGHT_PAIR_BUDGET)) {
      return { ...refusal(131056, 'Too many messages to the same contact.'), note: FAULTS['throttle-pair'].label };
    }
    if (rateModel && !limiter.take(phoneNumberId, NUMBER_BUDGET)) {
      return refusal(130429, 'Too many messages from this number in a short time.');
    }
    if (rateModel && !limiter.take(pair, PAIR_BUDGET)) return refusal(131056, 'Too many messages to the same contact.');
    return undefined;
  }

  function markRead(number: SimulatedNumber, receipt: { wamid: string; typing: boolean }): GraphAnswer {
    const message = world.chats.find(receipt.wamid);
    if (message === undefined || message.by !== 'contact' || message.phoneNumberId !== number.phoneNumberId) {
      return refusal(131009, 'message_id is not a message this number received.');
    }
    for (const earlier of world.chats.chat(message)) {
      if (earlier.by === 'contact' && earlier.seq <= message.seq) world.advance(earlier, 'read');
    }
    if (receipt.typing) {
      const { contactId, phoneNumberId } = message;
      world.bus.publish({ event: 'typing', contactId, phoneNumberId, untilMs: world.nowMs() + TYPING_MS });
    }
    return { body: { success: true } };
  }

  /** `to` wins over `recipient`, as with Meta. A number may be given with or without plus, in the old or the new form. */
  function findRecipient({ to, recipient }: Pick<CheckedMessage, 'to' | 'recipient'>): SimulatedContact | undefined {
    const digits = to === undefined ? undefined : digitsOf(to);
    for (const contact of world.contacts.values()) {
      if (digits === undefined) {
        if (recipient !== undefined && [contact.bsuid, contact.parentBsuid].includes(recipient)) return contact;
      } else if (contact.waId !== undefined && reaches(digits, contact.waId)) return contact;
    }
    return undefined;
  }

  return { post, findRecipient };
}

function accepted(
  message: ChatMessage,
  { to, recipient, type }: CheckedMessage,
  contact: SimulatedContact | undefined,
): JsonObject {
  const who: JsonObject =
    to === undefined
      ? { input: recipient ?? '', user_id: recipient ?? '' }
      : { input: to, wa_id: contact?.waId ?? digitsOf(to) };
  const status: JsonObject = type === 'template' ? { message_status: 'accepted' } : {};
  return { messaging_product: 'whatsapp', contacts: [who], messages: [{ id: message.wamid, ...status }] };
}

function refusal(code: number, details: string): { fault: GraphFault } {
  return { fault: { code, details } };
}

function mediaIdOf({ type, content }: CheckedMessage): string | undefined {
  return MEDIA_TYPES.has(type) ? stringAt(content, 'id') : undefined;
}

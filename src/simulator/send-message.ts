import { isUsuallyProcessed } from './broken-answers.js';
import type { ChatMessage } from './chats.js';
import { chatKey } from './chats.js';
import type { CheckedMessage } from './check-message.js';
import { checkMessage, checkReadReceipt, isReadReceipt } from './check-message.js';
import { FAULTS } from './faults.js';
import type { AnswerTime, GraphAnswer } from './graph/route.js';
import { refusal } from './graph/route.js';
import { newWamid } from './ids.js';
import type { JsonObject } from './json.js';
import { at, present, stringAt } from './json.js';
import type { FittingTemplate, Sending } from './judge.js';
import { isWithinTier, judgeTemplate, whyFails, whyRefused } from './judge.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import { TYPING_MS } from './options.js';
import { FAST_NUMBER_BUDGET, NUMBER_BUDGET, PAIR_BUDGET, TIGHT_NUMBER_BUDGET, TIGHT_PAIR_BUDGET } from './rate.js';
import type { StatusReporter } from './report-statuses.js';
import type { BrokenAnswer, RuleTarget } from './rules.js';
import { digitsOf } from './webhook-body.js';
import type { World } from './world.js';

/** Chat of messages to people who are not on WhatsApp. */
const NOBODY = 'nobody';
/** Messages can be marked as read for so long. */
const READABLE_MS = 30 * 24 * 3_600_000;

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

  /** `POST /{phone-number-id}/marketing_messages`: offers only. */
  function postMarketing(number: SimulatedNumber, call: JsonObject): GraphAnswer {
    const checked = checkMessage(call);
    if ('fault' in checked) return checked;
    const template = judgeTemplate(world, { number, checked: checked.message, contact: undefined });
    const isOffer = template === undefined || 'fault' in template || template.template.category === 'MARKETING';
    if (checked.message.type !== 'template' || !isOffer)
      return refusal(134_100, 'Only marketing templates can be sent.');
    return send(number, call, checked.message);
  }

  function send(number: SimulatedNumber, call: JsonObject, checked: CheckedMessage): GraphAnswer {
    const contact = world.findRecipient(checked);
    const sending: Sending = { number, checked, contact };
    const fault = whyRefused(world, sending);
    if (fault !== undefined) return { fault };
    const contactId = contact?.contactId ?? NOBODY;
    const target = targetOf(number, contactId, checked, call);
    const rule = world.strike('send', target);
    if (rule !== undefined && 'code' in rule) {
      return { fault: { ...rule, details: 'The simulator was asked to refuse this.' }, note: 'fault' };
    }
    const broken = rule !== undefined && 'answer' in rule ? rule : undefined;
    if (broken !== undefined && !(broken.processed ?? isUsuallyProcessed(broken.answer)))
      return { broken: broken.answer };
    const throttled = throttle(sending, contactId);
    if (throttled !== undefined) return throttled;
    const template = judgeTemplate(world, sending);
    if (template !== undefined && 'fault' in template) return template;

    if (contact !== undefined && checked.to !== undefined) {
      world.wroteToNumber({ contactId, phoneNumberId: number.phoneNumberId });
    }
    const message = world.addMessage(bubbleOf(sending, call, contactId, template));
    world.bus.publish({ event: 'typing', contactId, phoneNumberId: number.phoneNumberId, forMs: 0 });
    const when = answerTime(message, sending, template, target);
    const delayMs = rule !== undefined && 'delayMs' in rule ? rule.delayMs : undefined;
    return {
      body: accepted(message, checked, contact),
      ...(delayMs === undefined ? when : { when: { afterMs: delayMs, note: 'slow' } }),
      ...asBroken(broken?.answer),
    };
  }

  function bubbleOf(
    { number, checked, contact }: Sending,
    call: JsonObject,
    contactId: string,
    template: FittingTemplate | undefined,
  ): Omit<ChatMessage, 'seq'> {
    const owner = checked.to === undefined ? (checked.recipient ?? '') : (contact?.waId ?? digitsOf(checked.to));
    return {
      wamid: newWamid(owner, world.nowMs(), world.random),
      contactId,
      phoneNumberId: number.phoneNumberId,
      by: 'bot',
      type: checked.type,
      message: call,
      atMs: world.nowMs(),
      status: 'pending',
      ...(checked.repliedTo === undefined ? {} : { repliedTo: checked.repliedTo }),
      ...(template === undefined ? {} : { template: template.shown, category: template.template.category }),
    };
  }

  function answerTime(
    message: ChatMessage,
    sending: Sending,
    template: FittingTemplate | undefined,
    target: RuleTarget,
  ): { when?: AnswerTime } {
    const { phoneNumberId } = message;
    const asked = world.strikeStatus(target);
    const injected = asked !== undefined && 'code' in asked ? asked.code : undefined;
    const isEarly = faults.strikes(phoneNumberId, 'early-status');
    const told = reporter.report(message, {
      failWith: injected ?? whyFails(world, sending, template?.template),
      atOnce: isEarly,
      lose: asked !== undefined && 'lose' in asked ? asked.lose : [],
      extraMs: asked !== undefined && 'delayMs' in asked ? asked.delayMs : 0,
    });
    if (faults.strikes(phoneNumberId, 'no-answer')) return { when: { never: true, note: FAULTS['no-answer'].label } };
    if (faults.strikes(phoneNumberId, 'slow'))
      return { when: { afterMs: timing.slowAnswerMs, note: FAULTS.slow.label } };
    return isEarly ? { when: { after: told, note: FAULTS['early-status'].label } } : {};
  }

  function throttle(sending: Sending, contactId: string): GraphAnswer | undefined {
    const { phoneNumberId } = sending.number;
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
    if (!rateModel) return undefined;
    const budget = world.state(phoneNumberId).throughput === 'HIGH' ? FAST_NUMBER_BUDGET : NUMBER_BUDGET;
    if (!limiter.take(phoneNumberId, budget)) {
      return refusal(130429, 'Too many messages from this number in a short time.');
    }
    if (!limiter.take(pair, PAIR_BUDGET)) return refusal(131056, 'Too many messages to the same contact.');
    // Which code Meta gives here its pages do not say; this one is about too many people.
    if (sending.checked.type === 'template' && !isWithinTier(world, sending)) {
      return refusal(131048, 'The number has written first to as many people as it may.');
    }
    return undefined;
  }

  function markRead(number: SimulatedNumber, receipt: { wamid: string; typing: boolean }): GraphAnswer {
    if (world.hasNote(receipt.wamid, number.phoneNumberId)) return { body: { success: true } };
    const message = world.chats.find(receipt.wamid);
    const isReceived = message?.by === 'contact' && message.phoneNumberId === number.phoneNumberId;
    if (message === undefined || !isReceived || world.nowMs() - message.atMs > READABLE_MS) {
      return refusal(131009, 'message_id is not a message this number received within 30 days.');
    }
    for (const earlier of world.chats.chat(message)) {
      if (earlier.by === 'contact' && earlier.seq <= message.seq) world.advance(earlier, 'read');
    }
    if (receipt.typing) {
      const { contactId, phoneNumberId } = message;
      world.bus.publish({ event: 'typing', contactId, phoneNumberId, forMs: TYPING_MS });
    }
    return { body: { success: true } };
  }

  return { post, postMarketing };
}

/** What rules see of a message. */
function targetOf(
  { phoneNumberId }: SimulatedNumber,
  contactId: string,
  { type, content }: CheckedMessage,
  call: JsonObject,
): RuleTarget {
  const kind = type === 'interactive' ? `interactive ${stringAt(content, 'type') ?? ''}` : type;
  const template = type === 'template' ? stringAt(content, 'name') : undefined;
  return { phoneNumberId, contactId, type: kind, template, path: '/messages', text: JSON.stringify(call) };
}

const asBroken = (broken: BrokenAnswer | undefined): { broken?: BrokenAnswer } =>
  broken === undefined ? {} : { broken };

function accepted(
  message: ChatMessage,
  { to, recipient, type }: CheckedMessage,
  contact: SimulatedContact | undefined,
): JsonObject {
  const who: JsonObject =
    to === undefined
      ? { input: recipient ?? '', user_id: recipient ?? '' }
      : { input: to, wa_id: contact?.waId ?? digitsOf(to) };
  const sent = present({
    id: message.wamid,
    message_status: type === 'template' ? 'accepted' : undefined,
    group_id: at(message.message, 'recipient_type') === 'group' ? (to ?? '') : undefined,
  });
  return { messaging_product: 'whatsapp', contacts: [who], messages: [sent] };
}

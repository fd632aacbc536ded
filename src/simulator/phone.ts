import { z } from 'zod';
import type { ChatMessage } from './chats.js';
import { SimulatorError } from './errors.js';
import type { Json, JsonObject } from './json.js';
import { at, isJsonObject, present, stringAt } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import { digitsOf, toTimestamp } from './webhook-body.js';

const messageId = z.string().min(1);
const replyTo = messageId.optional();

/** What a contact can do with the phone. `replyTo` quotes a message; ids of messages are wamids. */
export const PhoneAction = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1), replyTo }),
  /** taps a reply button, a list row or a template's quick reply of a message of the bot */
  z.strictObject({ type: z.literal('tap'), messageId, id: z.string() }),
  /** a picture drawn by the simulator; the bot can fetch it by its media id */
  z.strictObject({ type: z.literal('image'), caption: z.string().optional(), replyTo }),
  z.strictObject({
    type: z.literal('location'),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: z.string().optional(),
    address: z.string().optional(),
    replyTo,
  }),
  /** an empty emoji takes the reaction back */
  z.strictObject({ type: z.literal('reaction'), messageId, emoji: z.string() }),
  /** something the Cloud API does not pass on, such as a poll */
  z.strictObject({ type: z.literal('unsupported'), kind: z.string().default('poll') }),
  /** any message object; `id`, `from`, `from_user_id` and `timestamp` are added where it has none */
  z.strictObject({ type: z.literal('raw'), message: z.record(z.string(), z.json()) }),
]);

export type PhoneAction = z.input<typeof PhoneAction>;

/** What an action needs to become a message. */
export interface PhoneView {
  contact: SimulatedContact;
  number: SimulatedNumber;
  wamid: string;
  nowMs: number;
  /** a message of this chat by its wamid */
  find(wamid: string): ChatMessage | undefined;
  /** `{ id, mime_type, sha256 }` of a fresh picture */
  takePicture(): JsonObject;
}

/**
 * The action as it stands in `value.messages[]`.
 *
 * @throws SimulatorError for a tap on a message, button or row that is not there
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function toWireMessage(action: z.output<typeof PhoneAction>, view: PhoneView): JsonObject {
  const common = present({
    from: view.contact.waId,
    from_user_id: view.contact.bsuid,
    id: view.wamid,
    timestamp: toTimestamp(view.nowMs),
  });
  const quoted =
    'replyTo' in action && action.replyTo !== undefined ? { context: contextOf(action.replyTo, view) } : {};
  switch (action.type) {
    case 'text':
      return { ...common, ...quoted, type: 'text', text: { body: action.text } };
    case 'tap':
      return { ...common, context: contextOf(action.messageId, view), ...tap(action.messageId, action.id, view) };
    case 'image':
      return {
        ...common,
        ...quoted,
        type: 'image',
        image: present({ ...view.takePicture(), caption: action.caption }),
      };
    case 'location': {
      const { latitude, longitude, name, address } = action;
      return { ...common, ...quoted, type: 'location', location: present({ latitude, longitude, name, address }) };
    }
    case 'reaction':
      return { ...common, type: 'reaction', reaction: { message_id: action.messageId, emoji: action.emoji } };
    case 'unsupported':
      return {
        ...common,
        type: 'unsupported',
        errors: [
          {
            code: 131051,
            title: 'Message type unknown',
            message: 'Message type unknown',
            error_data: { details: 'Message type is currently not supported.' },
          },
        ],
        unsupported: { type: action.kind },
      };
    case 'raw':
      return { ...common, ...action.message };
  }
}

function contextOf(wamid: string, view: PhoneView): JsonObject {
  const quoted = view.find(wamid);
  if (quoted === undefined) throw new SimulatorError('unknown_message', 'the chat has no such message');
  const from = quoted.by === 'bot' ? digitsOf(view.number.displayPhoneNumber) : view.contact.waId;
  return present({ from, id: wamid });
}

/** What can be tapped on a message of the bot. */
interface Choice {
  kind: 'button' | 'row' | 'quick_reply';
  /** what the bot gets back */
  id: string;
  title: string;
  description?: string;
}

/** The buttons, rows or quick replies of a message the bot sent; empty when there are none. */
function choicesOf(message: JsonObject): Choice[] {
  const action = at(message, 'interactive', 'action');
  const buttons = listAt(action, 'buttons').map((button): Choice => {
    return {
      kind: 'button',
      id: stringAt(button, 'reply', 'id') ?? '',
      title: stringAt(button, 'reply', 'title') ?? '',
    };
  });
  const cardReplies = listAt(action, 'cards')
    .flatMap((card) => listAt(card, 'action', 'buttons'))
    .map((button): Choice => {
      const [id = '', title = ''] = [stringAt(button, 'quick_reply', 'id'), stringAt(button, 'quick_reply', 'title')];
      return { kind: 'button', id, title };
    });
  const rows = listAt(action, 'sections')
    .flatMap((section) => listAt(section, 'rows'))
    .map((row): Choice => {
      const description = stringAt(row, 'description');
      const title = { kind: 'row' as const, id: stringAt(row, 'id') ?? '', title: stringAt(row, 'title') ?? '' };
      return description === undefined ? title : { ...title, description };
    });
  const quickReplies = listAt(message, 'template', 'components')
    .filter((part) => stringAt(part, 'sub_type') === 'quick_reply')
    .map((part): Choice => {
      const id = stringAt(part, 'parameters', 0, 'payload') ?? '';
      // The button's text belongs to the template, which Meta keeps; a send only carries the payload.
      return { kind: 'quick_reply', id, title: id };
    });
  return [...buttons, ...cardReplies, ...rows, ...quickReplies];
}

function tap(wamid: string, id: string, view: PhoneView): JsonObject {
  const message = view.find(wamid)?.message;
  const choice = message === undefined ? undefined : choicesOf(message).find((one) => one.id === id);
  if (choice === undefined) throw new SimulatorError('unknown_choice', 'the message has no such button or row');
  const { title, description } = choice;
  switch (choice.kind) {
    case 'button':
      return { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id, title } } };
    case 'row':
      return {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: present({ id, title, description }) },
      };
    case 'quick_reply':
      return { type: 'button', button: { payload: id, text: title } };
  }
}

function listAt(value: unknown, ...path: readonly PropertyKey[]): JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter((one: Json): one is JsonObject => isJsonObject(one)) : [];
}

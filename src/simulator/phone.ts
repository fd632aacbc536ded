import type { ChatMessage } from './chats.js';
import { tapOn } from './choices.js';
import { SimulatorError } from './errors.js';
import type { Json, JsonObject } from './json.js';
import { at, isJsonObject, present, stringAt } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import type { ParsedAction } from './phone-actions.js';
import type { MediaKind } from './samples.js';
import { listAt, parameterOf } from './template-parts.js';
import { digitsOf, toTimestamp } from './webhook-body.js';

/** What an action needs to become a message. */
export interface PhoneView {
  contact: SimulatedContact;
  number: SimulatedNumber;
  /** the contact's number as this business number is told it; undefined when that is left out */
  from: string | undefined;
  wamid: string;
  nowMs: number;
  /** a message of this chat by its wamid */
  find(wamid: string): ChatMessage | undefined;
  /**
   * `{ id, mime_type, sha256 }` of the file: uploaded, given, or a sample of its kind.
   *
   * @throws SimulatorError when nothing was uploaded under that id
   */
  takeFile(kind: MediaKind, file: GivenFile): { inMessage: JsonObject; filename?: string };
}

/** A file as an action names it. */
export interface GivenFile {
  mediaId?: string | undefined;
  data?: string | undefined;
  mimeType?: string | undefined;
}

type FileAction = Extract<ParsedAction, { type: MediaKind }>;

const PERMISSION_LASTS_MS = 7 * 24 * 3_600_000;

/**
 * The action as it stands in `value.messages[]`.
 *
 * @throws SimulatorError for a tap on a message, button or row that is not there
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
export function toWireMessage(action: ParsedAction, view: PhoneView): JsonObject {
  const common = present({
    from: view.from,
    from_user_id: view.contact.bsuid,
    from_parent_user_id: view.contact.parentBsuid,
    id: view.wamid,
    timestamp: toTimestamp(view.nowMs),
  });
  if (action.type === 'raw') return { ...common, ...action.message };
  return { ...common, ...aroundOf(action, view), ...contentOf(action, view) };
}

/** `type` and the object of that name. */
function contentOf(action: Exclude<ParsedAction, { type: 'raw' }>, view: PhoneView): JsonObject {
  switch (action.type) {
    case 'text':
      return { type: 'text', text: { body: action.text } };
    case 'tap':
      return tapOn(view.find(action.messageId), action.id);
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return fileContent(action, view);
    case 'location': {
      const { latitude, longitude, name, address } = action;
      return { type: 'location', location: present({ latitude, longitude, name, address }) };
    }
    case 'contacts':
      return { type: 'contacts', contacts: action.contacts.map((card): Json => JSON.parse(JSON.stringify(card))) };
    case 'share-number':
      return { type: 'contacts', contacts: [ownCard(view.contact)] };
    case 'reaction':
      return { type: 'reaction', reaction: present({ message_id: action.messageId, emoji: action.emoji }) };
    case 'order': {
      const items = action.items.map(({ productId, quantity, price, currency }) => ({
        product_retailer_id: productId,
        quantity,
        item_price: price,
        currency,
      }));
      return {
        type: 'order',
        order: { catalog_id: action.catalogId, text: action.text ?? '', product_items: items },
      };
    }
    case 'form':
      return { type: 'interactive', interactive: formReply(action.messageId, action.response, view) };
    case 'call-permission':
      return { type: 'interactive', interactive: callPermission(action, view) };
    case 'edit':
      return editOf(action.messageId, action.text, view);
    case 'delete':
      ownMessage(action.messageId, view);
      return { type: 'revoke', revoke: { original_message_id: action.messageId } };
    case 'welcome':
      return { type: 'request_welcome' };
    case 'unsupported':
      return { type: 'unsupported', errors: [whyUnsupported(action.code)], unsupported: { type: action.kind } };
  }
}

/** What stands beside the content: the quoted message, where it was forwarded from, the ad the contact came from. */
function aroundOf(action: ParsedAction, view: PhoneView): JsonObject {
  const target = 'replyTo' in action ? action.replyTo : undefined;
  const isAnswer = action.type === 'tap' || action.type === 'form' || action.type === 'call-permission';
  const quoted = isAnswer || action.type === 'share-number' ? action.messageId : target;
  const forwarded = 'forwarded' in action ? action.forwarded : undefined;
  const product = action.type === 'text' ? action.product : undefined;
  const context = present({
    ...(quoted === undefined ? {} : contextOf(quoted, view)),
    ...(product !== undefined && {
      from: digitsOf(view.number.displayPhoneNumber),
      referred_product: { catalog_id: product.catalogId, product_retailer_id: product.productId },
    }),
    forwarded: forwarded === 'once' ? true : undefined,
    frequently_forwarded: forwarded === 'often' ? true : undefined,
  });
  const ad = 'ad' in action ? action.ad : undefined;
  return present({
    context: Object.keys(context).length === 0 ? undefined : context,
    referral: ad === undefined ? undefined : { ...SAMPLE_AD, ...(ad === true ? {} : ad) },
  });
}

function contextOf(wamid: string, view: PhoneView): JsonObject {
  const quoted = view.find(wamid);
  if (quoted === undefined) throw new SimulatorError('unknown_message', 'the chat has no such message');
  const from = quoted.by === 'contact' ? view.from : digitsOf(view.number.displayPhoneNumber);
  return present({ from, id: wamid });
}

const SAMPLE_AD: JsonObject = {
  source_url: 'https://fb.me/4sampleAd',
  source_id: '120200000000000001',
  source_type: 'ad',
  headline: 'Bread, warm at seven',
  body: 'Order tonight, collect in the morning.',
  media_type: 'image',
  image_url: 'https://scontent.example/ad.jpg',
  ctwa_clid: 'ARsampleClickId0001',
};

function fileContent(action: FileAction, view: PhoneView): JsonObject {
  const { inMessage, filename } = view.takeFile(action.type, action);
  const told: { [key: string]: Json | undefined } = { ...inMessage };
  for (const [key, claim] of Object.entries(action.claims ?? {})) told[key] = claim ?? undefined;
  const more = {
    caption: 'caption' in action ? action.caption : undefined,
    filename: action.type === 'document' ? (action.filename ?? filename) : undefined,
    voice: action.type === 'audio' ? action.voice : undefined,
    animated: action.type === 'sticker' ? action.animated : undefined,
  };
  return { type: action.type, [action.type]: present({ ...told, ...more }) };
}

/** What a contact sends who was asked for the number. */
function ownCard({ name, waId }: SimulatedContact): JsonObject {
  if (waId === undefined) throw new SimulatorError('bad_request', 'this contact has no phone number to share');
  return {
    name: { formatted_name: name, first_name: name },
    phones: [{ phone: `+${waId}`, wa_id: waId, type: 'CELL' }],
    origin: 'contact_request',
  };
}

function formReply(wamid: string, response: Json, view: PhoneView): JsonObject {
  const asked = view.find(wamid)?.message;
  const isAddress = stringAt(asked, 'interactive', 'type') === 'address_message';
  const token = stringAt(asked, 'interactive', 'action', 'parameters', 'flow_token') ?? tokenOfTemplate(asked);
  const filled = isJsonObject(response) && token !== undefined ? { flow_token: token, ...response } : response;
  return {
    type: 'nfm_reply',
    nfm_reply: {
      name: isAddress ? 'address_message' : 'flow',
      body: 'Sent',
      response_json: typeof filled === 'string' ? filled : JSON.stringify(filled),
    },
  };
}

/** What a template's button for a form was given. */
function tokenOfTemplate(asked: JsonObject | undefined): string | undefined {
  const button = listAt(at(asked, 'template'), 'components').find(
    (part) => stringAt(part, 'sub_type')?.toLowerCase() === 'flow',
  );
  return stringAt(parameterOf(button), 'action', 'flow_token');
}

function callPermission(
  { response, permanent }: Extract<ParsedAction, { type: 'call-permission' }>,
  { nowMs }: PhoneView,
): JsonObject {
  const untilMs = response === 'accept' && !permanent ? nowMs + PERMISSION_LASTS_MS : undefined;
  return {
    type: 'call_permission_reply',
    call_permission_reply: present({
      response,
      is_permanent: permanent ? true : undefined,
      expiration_timestamp: untilMs === undefined ? undefined : Math.floor(untilMs / 1000),
      response_source: 'user_action',
    }),
  };
}

/** Only the sender of a message can change or delete it. */
function ownMessage(wamid: string, view: PhoneView): ChatMessage {
  const own = view.find(wamid);
  if (own?.by !== 'contact') throw new SimulatorError('unknown_message', 'the contact wrote no such message');
  return own;
}

/** The whole message as it is now, under `edit`. */
function editOf(wamid: string, text: string, view: PhoneView): JsonObject {
  const { type, message } = ownMessage(wamid, view);
  const content = at(message, type);
  if (type !== 'text' && stringAt(content, 'caption') === undefined) {
    throw new SimulatorError('bad_request', 'only a text or a caption can be changed');
  }
  const changed = isJsonObject(content) ? { ...content, [type === 'text' ? 'body' : 'caption']: text } : {};
  const { context } = message;
  return {
    type: 'edit',
    edit: {
      original_message_id: wamid,
      message: { type, [type]: changed, ...(context === undefined ? {} : { context }) },
    },
  };
}

function whyUnsupported(code: number): JsonObject {
  const title = code === 131052 ? 'Media download error' : 'Message type unknown';
  const details = code === 131052 ? 'The file could not be downloaded.' : 'Message type is currently not supported.';
  return { code, title, message: title, error_data: { details } };
}

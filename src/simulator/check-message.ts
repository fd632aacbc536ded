import { z } from 'zod';
import type { GraphFault } from './graph-error.js';
import type { Json, JsonObject } from './json.js';
import { at, codePoints } from './json.js';

/**
 * What Meta checks about a message before it accepts it. Limits are Meta's, of the page of each message type; lengths
 * are counted in code points. Unknown keys inside a message are refused, as Graph does, so a misspelt one is found here
 * and not in production.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
const text = (max: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .refine((value) => codePoints(value) <= max, `must be at most ${max} characters long`);

const httpLink = z.string().regex(/^https?:\/\/\S+$/i, 'must be an http or https URL');

/** `id` or `link`, never both. */
const media = (extra: z.ZodRawShape = {}) =>
  z
    .strictObject({ id: text(256).optional(), link: httpLink.optional(), ...extra })
    .refine((value) => (value.id === undefined) !== (value.link === undefined), 'needs either id or link');

const caption = { caption: text(1024).optional() };

const textHeader = z.strictObject({ type: z.literal('text'), text: text(60) });
const mediaHeaders = [
  z.strictObject({ type: z.literal('image'), image: media() }),
  z.strictObject({ type: z.literal('video'), video: media() }),
  z.strictObject({ type: z.literal('document'), document: media({ filename: text(256).optional() }) }),
] as const;
const anyHeader = z.discriminatedUnion('type', [textHeader, ...mediaHeaders]);
const body = (max: number) => z.strictObject({ text: text(max) });
const footer = z.strictObject({ text: text(60) }).optional();

const cta = z.strictObject({
  name: z.literal('cta_url'),
  parameters: z.strictObject({ display_text: text(20), url: httpLink }),
});

const product = z.strictObject({ catalog_id: text(256), product_retailer_id: text(256) });

/** An action that is its name alone. */
const named = <N extends string>(name: N) => z.strictObject({ name: z.literal(name) });

/** A kind of interactive message that asks for something, with a text and nothing around it. */
const request = <T extends string, N extends string>(type: T, name: N) =>
  z.strictObject({ type: z.literal(type), body: body(1024), action: named(name) });

const flowParameters = z
  .strictObject({
    flow_message_version: z.literal('3'),
    flow_id: text(256).optional(),
    flow_name: text(256).optional(),
    flow_cta: text(30),
    flow_token: z.string().optional(),
    flow_action: z.enum(['navigate', 'data_exchange']).optional(),
    flow_action_payload: z.strictObject({ screen: text(256), data: z.looseObject({}).optional() }).optional(),
    mode: z.enum(['draft', 'published']).optional(),
  })
  .refine(
    ({ flow_id, flow_name }) => (flow_id === undefined) !== (flow_name === undefined),
    'needs flow_id or flow_name',
  );

const quickReplies = z.strictObject({
  buttons: z
    .array(
      z.strictObject({
        type: z.literal('quick_reply'),
        quick_reply: z.strictObject({ id: text(256), title: text(20) }),
      }),
    )
    .min(1, 'needs a button'),
});

const card = z.discriminatedUnion('type', [
  z.strictObject({
    card_index: z.int().min(0).max(9),
    type: z.literal('cta_url'),
    header: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('image'), image: media() }),
      z.strictObject({ type: z.literal('video'), video: media() }),
    ]),
    body: body(160).optional(),
    action: z.union([cta, quickReplies]),
  }),
  z.strictObject({ card_index: z.int().min(0).max(9), type: z.literal('product'), action: product }),
]);

/** What two cards of a carousel must have in common. */
const formOf = (one: z.output<typeof card>): string =>
  one.type === 'product'
    ? 'product'
    : `${one.header.type} ${'buttons' in one.action ? one.action.buttons.length : 'url'}`;

const isUnique = (values: string[]): boolean => new Set(values).size === values.length;

const replyButton = z.strictObject({
  type: z.literal('reply'),
  reply: z.strictObject({ id: text(256), title: text(20) }),
});

const listRow = z.strictObject({ id: text(200), title: text(24), description: text(72).optional() });
const listSection = z.strictObject({ title: text(24).optional(), rows: z.array(listRow).min(1, 'needs a row') });

/** One entry a kind of interactive message; a new kind is a new entry. */
const interactive = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('button'),
    header: anyHeader.optional(),
    body: body(1024),
    footer,
    action: z.strictObject({
      buttons: z
        .array(replyButton)
        .min(1, 'needs 1 to 3 buttons')
        .max(3, 'needs 1 to 3 buttons')
        .refine((buttons) => isUnique(buttons.map((button) => button.reply.id)), 'button ids must differ')
        .refine((buttons) => isUnique(buttons.map((button) => button.reply.title)), 'button titles must differ'),
    }),
  }),
  z.strictObject({
    type: z.literal('list'),
    header: textHeader.optional(),
    body: body(4096),
    footer,
    action: z.strictObject({
      button: text(20),
      sections: z
        .array(listSection)
        .min(1, 'needs 1 to 10 sections')
        .max(10, 'needs 1 to 10 sections')
        .refine(
          (list) => list.flatMap((section) => section.rows).length <= 10,
          'allows 10 rows in all sections together',
        )
        .refine((list) => isUnique(list.flatMap((section) => section.rows).map((row) => row.id)), 'row ids must differ')
        .refine((list) => list.length === 1 || list.every((section) => section.title), 'each section needs a title'),
    }),
  }),
  z.strictObject({
    type: z.literal('cta_url'),
    header: anyHeader.optional(),
    body: body(1024),
    footer,
    action: cta,
  }),
  request('location_request_message', 'send_location'),
  request('request_contact_info', 'request_contact_info'),
  request('call_permission_request', 'call_permission_request'),
  z.strictObject({
    type: z.literal('flow'),
    header: anyHeader.optional(),
    body: body(1024),
    footer,
    action: z.strictObject({ name: z.literal('flow'), parameters: flowParameters }),
  }),
  z.strictObject({ type: z.literal('product'), body: body(1024).optional(), footer, action: product }),
  z.strictObject({
    type: z.literal('product_list'),
    header: textHeader,
    body: body(1024),
    footer,
    action: z.strictObject({
      catalog_id: text(256),
      sections: z
        .array(
          z.strictObject({
            title: text(24).optional(),
            product_items: z.array(z.strictObject({ product_retailer_id: text(256) })).min(1, 'needs a product'),
          }),
        )
        .min(1, 'needs 1 to 10 sections')
        .max(10, 'needs 1 to 10 sections')
        .refine((list) => list.flatMap((one) => one.product_items).length <= 30, 'allows 30 products in all sections')
        .refine((list) => list.length === 1 || list.every((one) => one.title), 'each section needs a title'),
    }),
  }),
  z.strictObject({
    type: z.literal('catalog_message'),
    body: body(1024),
    footer,
    action: z.strictObject({
      name: z.literal('catalog_message'),
      parameters: z.strictObject({ thumbnail_product_retailer_id: text(256).optional() }).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('address_message'),
    body: body(1024),
    action: z.strictObject({
      name: z.literal('address_message'),
      parameters: z.strictObject({
        country: z.literal('IN'),
        values: z.looseObject({}).optional(),
        saved_addresses: z.array(z.looseObject({})).optional(),
        validation_errors: z.looseObject({}).optional(),
      }),
    }),
  }),
  z.strictObject({
    type: z.literal('voice_call'),
    body: body(1024),
    action: z.strictObject({
      name: z.literal('voice_call'),
      parameters: z
        .strictObject({
          display_text: text(20).optional(),
          ttl_minutes: z.int().min(1).optional(),
          payload: text(512).optional(),
        })
        .optional(),
    }),
  }),
  z.strictObject({
    type: z.literal('carousel'),
    body: body(1024),
    action: z.strictObject({
      cards: z
        .array(card)
        .min(2, 'needs 2 to 10 cards')
        .max(10, 'needs 2 to 10 cards')
        .refine((cards) => isUnique(cards.map((one) => String(one.card_index))), 'card indexes must differ')
        .refine((cards) => new Set(cards.map(formOf)).size === 1, 'cards must be alike'),
    }),
  }),
]);

const templateComponent = z.looseObject({
  type: z
    .string()
    .transform((type) => type.toLowerCase())
    .pipe(z.enum(['header', 'body', 'button', 'carousel', 'limited_time_offer'])),
  parameters: z.array(z.looseObject({ type: z.string() })).optional(),
});

const coordinate = (limit: number) => z.coerce.number().min(-limit).max(limit);

/** One entry a message type: the object of the same name. */
const TYPES: { [type: string]: z.ZodType } = {
  text: z.strictObject({ body: text(4096), preview_url: z.boolean().optional() }),
  image: media(caption),
  video: media(caption),
  audio: media({ voice: z.boolean().optional() }),
  document: media({ ...caption, filename: text(256).optional() }),
  sticker: media(),
  location: z.strictObject({
    latitude: coordinate(90),
    longitude: coordinate(180),
    name: text(1024).optional(),
    address: text(1024).optional(),
  }),
  contacts: z
    .array(z.looseObject({ name: z.looseObject({ formatted_name: text(1024) }) }))
    .min(1, 'needs a contact')
    .max(257, 'allows 257 contacts'),
  reaction: z.strictObject({ message_id: z.string().min(1, 'must not be empty'), emoji: z.string() }),
  interactive,
  template: z.looseObject({
    name: z.string().regex(/^[a-z0-9_]{1,512}$/, 'must be lower-case letters, digits and underscores'),
    language: z.strictObject({ code: text(16), policy: z.string().optional() }),
    components: z.array(templateComponent).optional(),
  }),
};

/** `US.1349…` or, of an enrolled portfolio, `US.ENT.…`. */
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

const phoneNumber = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\+?[\d\s()-]{5,25}$/, 'must be a phone number'));

const envelope = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.enum(['individual', 'group']).optional(),
  to: phoneNumber.optional(),
  recipient: z.string().regex(BSUID, 'must be a business-scoped user id').optional(),
  type: z.string().default('text'),
  context: z.looseObject({ message_id: z.string().min(1, 'must not be empty') }).optional(),
  biz_opaque_callback_data: text(512).optional(),
  recipient_identity_key_hash: z.string().optional(),
});

/** A message Meta would accept. */
export interface CheckedMessage {
  type: string;
  /** what stands under the key named as the type */
  content: Json;
  /** digits with or without plus, as given; undefined when only `recipient` was given */
  to: string | undefined;
  recipient: string | undefined;
  repliedTo: string | undefined;
  callbackData: string | undefined;
  /** the contact's identity must still be this one */
  identityKeyHash: string | undefined;
}

/** @returns the message, or why Meta would not take it: the first fault found, as Graph reports only one */
export function checkMessage(call: JsonObject): { message: CheckedMessage } | { fault: GraphFault } {
  const outside = envelope.safeParse(call);
  if (!outside.success) return { fault: toFault(outside.error, call, 100) };
  const { to, recipient, type, context, biz_opaque_callback_data: callbackData } = outside.data;
  if (to === undefined && recipient === undefined) return { fault: missing('to') };
  const schema = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (schema === undefined)
    return { fault: { code: 131051, details: 'Message type is unknown or not supported yet.' } };
  const content = call[type];
  if (content === undefined) return { fault: missing(type) };
  const inside = z.object({ [type]: schema }).safeParse(call);
  if (!inside.success) return { fault: toFault(inside.error, call) };
  if (type === 'reaction' && context !== undefined) {
    return { fault: { code: 131009, details: 'A reaction cannot carry a context.' } };
  }
  const { recipient_identity_key_hash: identityKeyHash } = outside.data;
  return {
    message: { type, content, to, recipient, repliedTo: context?.message_id, callbackData, identityKeyHash },
  };
}

/** `status: read`, perhaps with a typing indicator: the other thing that is sent to `/messages`. */
export interface ReadReceipt {
  wamid: string;
  typing: boolean;
}

const readReceipt = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  status: z.literal('read'),
  message_id: z.string().min(1, 'must not be empty'),
  typing_indicator: z.strictObject({ type: z.literal('text') }).optional(),
});

export function checkReadReceipt(call: JsonObject): { receipt: ReadReceipt } | { fault: GraphFault } {
  const parsed = readReceipt.safeParse(call);
  if (!parsed.success) return { fault: toFault(parsed.error, call) };
  return { receipt: { wamid: parsed.data.message_id, typing: parsed.data.typing_indicator !== undefined } };
}

export function isReadReceipt(call: JsonObject): boolean {
  return Object.hasOwn(call, 'status');
}

function missing(parameter: string): GraphFault {
  return { code: 100, details: `The parameter ${parameter} is required.` };
}

/**
 * Which of Meta's codes a fault gets: 100 for the outer parameters and for misspelt keys, 131008 for what is missing
 * inside, 131009 for a value out of bounds. Details name the place, never the value.
 */
function toFault(error: z.ZodError, call: JsonObject, outOfBounds: 100 | 131009 = 131009): GraphFault {
  const issue = error.issues[0];
  if (issue === undefined) return { code: 100, details: 'Invalid parameter' };
  const place = spell(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return {
      code: 100,
      details: `Unexpected key ${issue.keys.map((key) => `"${key}"`).join(', ')} on param ${place}.`,
    };
  }
  if (at(call, ...issue.path) === undefined) {
    return issue.path.length > 1 ? { code: 131008, details: `Parameter ${place} is missing.` } : missing(place);
  }
  const isWrongType = issue.path.length === 1 && issue.code === 'invalid_type';
  const code = isWrongType || place === "text['body']" ? 100 : outOfBounds;
  return { code, details: `Param ${place} ${issue.message}.` };
}

/** `interactive['action']['buttons'][0]`, as Graph writes a place. */
function spell(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map((key) => (typeof key === 'symbol' ? '' : key));
  return `${first ?? 'body'}${rest.map((key) => (typeof key === 'number' ? `[${key}]` : `['${key}']`)).join('')}`;
}

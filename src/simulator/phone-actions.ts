import { z } from 'zod';

/** What a contact can do with the phone, as the API and the page say it. Ids of messages are wamids. */

const messageId = z.string().min(1);
const anyJson = z.record(z.string(), z.json());

/** What may stand around what a contact sends. */
const around = {
  /** quotes a message of the chat */
  replyTo: messageId.optional(),
  /** passed on from another chat, perhaps for the umpteenth time */
  forwarded: z.enum(['once', 'often']).optional(),
  /** the contact came from an ad: `true` for a sample, or keys of Meta's `referral` to be put over it */
  ad: z.union([z.literal(true), anyJson]).optional(),
};

/** Without `mediaId` or `data` it is a sample of its kind. */
const file = {
  ...around,
  /** a file uploaded to the simulator before */
  mediaId: z.string().min(1).optional(),
  /** the file itself, base64 */
  data: z.base64().min(1).optional(),
  /** of `data`; a usual one for the kind when left out */
  mimeType: z.string().min(1).optional(),
  /** what the webhook says of the file instead of the truth; `null` leaves it out */
  claims: z
    .strictObject({ mime_type: z.string().nullable().optional(), sha256: z.string().nullable().optional() })
    .optional(),
};
const caption = z.string().min(1).optional();

const place = {
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: z.string().optional(),
  address: z.string().optional(),
};

const orderItem = z.strictObject({
  productId: z.string().min(1),
  quantity: z.number().positive().default(1),
  price: z.number().min(0),
  currency: z.string().length(3).default('EUR'),
});

export const PhoneAction = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('text'),
    text: z.string().min(1),
    ...around,
    /** asks about a product of the catalogue */
    product: z.strictObject({ catalogId: z.string().min(1), productId: z.string().min(1) }).optional(),
  }),
  /** taps a reply button, a list row or a template's quick reply of a message of the bot, however old */
  z.strictObject({ type: z.literal('tap'), messageId, id: z.string() }),
  z.strictObject({ type: z.literal('image'), ...file, caption }),
  z.strictObject({ type: z.literal('video'), ...file, caption }),
  /** a voice note unless `voice` is false: then a sound file */
  z.strictObject({ type: z.literal('audio'), ...file, voice: z.boolean().default(true) }),
  z.strictObject({ type: z.literal('document'), ...file, caption, filename: z.string().min(1).optional() }),
  z.strictObject({ type: z.literal('sticker'), ...file, animated: z.boolean().default(false) }),
  z.strictObject({ type: z.literal('location'), ...place, ...around }),
  /** cards from the address book, as Meta spells them; `name.formatted_name` is all a card needs */
  z.strictObject({
    type: z.literal('contacts'),
    contacts: z.array(z.looseObject({ name: z.looseObject({ formatted_name: z.string().min(1) }) })).min(1),
    ...around,
  }),
  /** the contact's own number, as asked for by `request_contact_info` (`messageId`) or of one's own accord */
  z.strictObject({ type: z.literal('share-number'), messageId: messageId.optional() }),
  /** an empty emoji, or none, takes the reaction back: Meta spells it both ways */
  z.strictObject({ type: z.literal('reaction'), messageId, emoji: z.string().optional() }),
  /** a cart */
  z.strictObject({
    type: z.literal('order'),
    catalogId: z.string().min(1),
    text: z.string().optional(),
    items: z.array(orderItem).min(1),
    ...around,
  }),
  /** fills in a flow or an address form; a string is sent as it is, so it may be broken JSON */
  z.strictObject({ type: z.literal('form'), messageId, response: z.json() }),
  /** answers a request to be called */
  z.strictObject({
    type: z.literal('call-permission'),
    messageId,
    response: z.enum(['accept', 'reject']),
    permanent: z.boolean().default(false),
  }),
  /** changes the text, or the caption, of a message of one's own */
  z.strictObject({ type: z.literal('edit'), messageId, text: z.string().min(1) }),
  /** deletes a message of one's own for everybody */
  z.strictObject({ type: z.literal('delete'), messageId }),
  /** opens the chat for the first time, where the number has its welcome message on */
  z.strictObject({ type: z.literal('welcome') }),
  /** something the Cloud API does not pass on, such as a poll; 131052 is a file it could not fetch */
  z.strictObject({
    type: z.literal('unsupported'),
    kind: z.string().default('poll'),
    code: z.int().min(0).default(131051),
  }),
  /** any message object; `id`, `from`, `from_user_id` and `timestamp` are added where it has none */
  z.strictObject({ type: z.literal('raw'), message: anyJson }),
]);

export type PhoneAction = z.input<typeof PhoneAction>;
export type ParsedAction = z.output<typeof PhoneAction>;

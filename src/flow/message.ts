import type { z } from 'zod';
import {
  bool,
  delegate,
  field,
  isLanguageMap,
  oneOf,
  report,
  shorthand,
  strict,
  type Text,
  template,
  text,
  type ValueTemplate,
  value,
  yes,
} from './fields.js';
import { bodyTexts } from './markdown.js';
import { buttons, list } from './messages/buttons.js';
import { carousel } from './messages/carousel.js';
import { contacts } from './messages/contacts.js';
import { deliveryShape } from './messages/delivery.js';
import { address, call, whatsappFlow } from './messages/forms.js';
import { link } from './messages/link.js';
import { header, media } from './messages/media.js';
import { isTrue } from './messages/parts.js';
import { location } from './messages/place.js';
import { catalog, product, products } from './messages/shop.js';
import { templateMessage } from './messages/template-message.js';
import { shaped } from './shape.js';
import { isRawMap } from './source.js';

/** A message as a flow file describes it. A class, so that checks find it wherever a step keeps one. */
export class Message {
  /**
   * @param isInline its keys stand among those of the step
   * @param buttonsKey where its buttons stand in the file
   */
  constructor(
    readonly fields: MessageFields,
    readonly isInline = false,
    private readonly buttonsKey: 'buttons' | 'choices' = 'buttons',
  ) {}

  /** The key of a field in the file. */
  keyOf(field: string): string {
    return field === 'buttons' ? this.buttonsKey : field;
  }
}

/** `askLocation: true` beside a text, or the text itself. */
const ask = field<true | readonly Text[]>(
  (raw, ctx) => (isTrue(raw) ? true : delegate(ctx, bodyTexts, raw)),
  (of) => ({ anyOf: [of(yes), of(bodyTexts)] }),
);

/** Any Cloud API body, or a Cognigy payload. */
const raw: z.ZodType<ValueTemplate> = field(
  (written, ctx) => {
    if (!isRawMap(written))
      return void report(ctx, 'a raw message is a map', { hint: 'write { type: text, text: { body: Hello } }' });
    return delegate(ctx, value, written);
  },
  { type: 'object' },
);

/** The keys of a message, for steps that have them among their own. */
export const messageShape = {
  text: bodyTexts.optional(),
  mode: oneOf(['random', 'sequence', 'loop']).optional(),
  previewUrl: bool.optional(),
  buttons: buttons.optional(),
  list: list.optional(),
  header: header.optional(),
  footer: text.optional(),
  image: media.image.optional(),
  video: media.video.optional(),
  audio: media.audio.optional(),
  voice: media.voice.optional(),
  document: media.document.optional(),
  sticker: media.sticker.optional(),
  location: location.optional(),
  contacts: contacts.optional(),
  askLocation: ask.optional(),
  askContact: ask.optional(),
  cta: link.optional(),
  whatsappFlow: whatsappFlow.optional(),
  product: product.optional(),
  products: products.optional(),
  catalog: catalog.optional(),
  address: address.optional(),
  call: call.optional(),
  carousel: carousel.optional(),
  template: templateMessage.optional(),
  react: template.optional(),
  raw: raw.optional(),
  ...deliveryShape,
};

/** What the file says, as far as it says it. */
export type MessageFields = Partial<z.output<z.ZodObject<typeof messageShape>>>;

const MESSAGE_KEYS = Object.keys(messageShape);

const fieldsOnly = strict('a message', messageShape);
const messageMap = shaped(
  fieldsOnly.transform((fields) => new Message(fields)),
  (of) => of(fieldsOnly),
  'message',
);

/** `say: Hello`, `say: [Hello, Hi]`, `say: { en: Hello, de: Hallo }`, `say: { text: Hello, buttons: … }`. */
export const message: z.ZodType<Message> = shorthand(
  'text',
  bodyTexts,
  messageMap,
  (written) => written !== undefined && (!isRawMap(written) || isLanguageMap(written, MESSAGE_KEYS)),
);

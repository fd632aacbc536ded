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
} from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { isRawMap } from '../reading/source.js';
import { buttons, list } from './buttons.js';
import { carousel } from './carousel.js';
import { contacts } from './contacts.js';
import { deliveryShape } from './delivery.js';
import { address, call, whatsappFlow } from './forms.js';
import { link } from './link.js';
import { bodyTexts } from './markdown.js';
import { header, media } from './media.js';
import { isTrue } from './parts.js';
import { location } from './place.js';
import { catalog, product, products } from './shop.js';
import { templateMessage } from './template-message.js';

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
  text: bodyTexts.optional().describe('what is said; a list of texts takes turns as `mode` says'),
  mode: oneOf(['random', 'sequence', 'loop'])
    .optional()
    .describe('which of several texts is said: any (the default), one after the other, or round and round'),
  previewUrl: bool.optional().describe('whether a link in the text is shown with a preview'),
  buttons: buttons.optional().describe('1 to 3 are buttons, 4 to 10 a list, more a list with a *More* row'),
  list: list.optional().describe('a list message: ten rows in all'),
  header: header.optional().describe('above the text of buttons and lists'),
  footer: text.optional().describe('below the text of buttons and lists'),
  image: media.image.optional().describe('a picture: a link, or `{ link, caption }`'),
  video: media.video.optional().describe('a video'),
  audio: media.audio.optional().describe('an audio file'),
  voice: media.voice.optional().describe('a voice message'),
  document: media.document.optional().describe('a file'),
  sticker: media.sticker.optional().describe('a sticker'),
  location: location.optional().describe('a place on the map'),
  contacts: contacts.optional().describe('contact cards'),
  askLocation: ask.optional().describe('asks for a location'),
  askContact: ask.optional().describe('asks for contact details'),
  cta: link.optional().describe('one button that opens a web page'),
  whatsappFlow: whatsappFlow.optional().describe('opens a WhatsApp Flow'),
  product: product.optional().describe('one product of the catalogue'),
  products: products.optional().describe('several products of the catalogue'),
  catalog: catalog.optional().describe('the catalogue'),
  address: address.optional().describe('asks for an address'),
  call: call.optional().describe('a button that calls the business'),
  carousel: carousel.optional().describe('cards side by side'),
  template: templateMessage.optional().describe('a template message, also outside the 24-hour window'),
  react: template.optional().describe('an emoji as a reaction to the message of the contact'),
  raw: raw.optional().describe('any Cloud API body, or a Cognigy payload'),
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

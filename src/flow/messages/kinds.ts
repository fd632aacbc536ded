/**
 * What kinds of messages there are by their key in a flow file, of which a message has at most one; without any it is a
 * text. `text`: whether the message needs one, may have one, or has none of its own.
 */
export interface MessageKind {
  what: string;
  text: 'needed' | 'allowed' | 'none';
  /** what may stand above it */
  header: 'any' | 'text' | 'none';
  footer: boolean;
}

const plain = { text: 'none', header: 'none', footer: false } as const;
const interactive = { text: 'needed', header: 'none', footer: false } as const;

export const MESSAGE_KINDS = {
  buttons: { ...interactive, what: 'a message with buttons', header: 'any', footer: true },
  list: { ...interactive, what: 'a list', header: 'text', footer: true },
  cta: { ...interactive, what: 'a link button', header: 'any', footer: true },
  whatsappFlow: { ...interactive, what: 'a WhatsApp flow', header: 'any', footer: true },
  products: { ...interactive, what: 'a list of products', header: 'text', footer: true },
  product: { ...interactive, what: 'a product', text: 'allowed', footer: true },
  catalog: { ...interactive, what: 'a catalog', footer: true },
  askLocation: { ...interactive, what: 'a request for a location' },
  askContact: { ...interactive, what: 'a request for a contact' },
  address: { ...interactive, what: 'an address form' },
  call: { ...interactive, what: 'a call' },
  carousel: { ...interactive, what: 'a carousel' },
  image: { ...plain, what: 'an image' },
  video: { ...plain, what: 'a video' },
  audio: { ...plain, what: 'an audio' },
  voice: { ...plain, what: 'a voice message' },
  document: { ...plain, what: 'a document' },
  sticker: { ...plain, what: 'a sticker' },
  location: { ...plain, what: 'a location' },
  contacts: { ...plain, what: 'a contact card' },
  template: { ...plain, what: 'a template' },
  react: { ...plain, what: 'a reaction' },
  raw: { ...plain, what: 'a raw message' },
} as const satisfies { readonly [key: string]: MessageKind };

export type MessageKindKey = keyof typeof MESSAGE_KINDS;

const KEYS = Object.keys(MESSAGE_KINDS).filter((key): key is MessageKindKey => Object.hasOwn(MESSAGE_KINDS, key));

/** The keys of a message that decide what kind it is; more than one is a mistake. */
export function contentKeys(fields: { readonly [key: string]: unknown }): MessageKindKey[] {
  return KEYS.filter((key) => fields[key] !== undefined);
}

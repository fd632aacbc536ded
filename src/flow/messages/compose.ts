import type { Delivery, MessageContent, MessageHeader } from '../../shared/message.js';
import { CAPTION_MAX, CTA, INTERACTIVE, PRODUCTS, TEXT_BODY_MAX, WHATSAPP_FLOW } from '../../shared/whatsapp-limits.js';
import type { StepEffect, View } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import type { Text } from '../reading/fields.js';
import type { Button, LinkButton } from './buttons.js';
import { cardsOf } from './carousel.js';
import { buttonMenu, listMenu, shown } from './choices.js';
import { contactCards } from './contacts.js';
import { deliveryOf, messageIdOf } from './delivery.js';
import { addressOf, callOf, formOf } from './forms.js';
import { headerOf, type Media, sourceOf } from './media.js';
import type { Message, MessageFields } from './message.js';
import { cut, said, wanted, webLink } from './parts.js';
import { payloadMessages } from './payload.js';
import { placeOf } from './place.js';
import type { Said } from './said.js';
import { productOf, productSections } from './shop.js';
import { templateOf } from './template-message.js';

/**
 * The effects of sending a message and of remembering which of its texts was taken. What is too long only with its values
 * is cut, and the trace says so: a shortened answer is better than none.
 *
 * @throws FlowError when Meta would refuse it: two buttons with one id or title, an image without a link
 */
export function sending(message: Message, view: View): StepEffect[] {
  const taken = typeof view.note === 'number' ? view.note : 0;
  const { text, mode = 'random' } = message.fields;
  const counts = mode !== 'random' && (text?.length ?? 0) > 1;
  return [...sendingAgain(message, view, taken), ...(counts ? [{ effect: 'note' as const, value: taken + 1 }] : [])];
}

/**
 * The same without remembering.
 *
 * @param taken how often it was sent before, for `mode: sequence` and `loop`
 */
export function sendingAgain({ fields }: Message, view: View, taken: number): StepEffect[] {
  const all = messagesOf(fields, view, taken);
  if (all.length === 0) {
    view.warn('there was nothing to say: the text is empty');
    return [];
  }
  const { delivery, taps } = deliveryOf(fields, view);
  return all.map(({ content, taps: own, pages }, index): StepEffect => {
    const leaves = delivery && deliveryAt(delivery, index, all.length);
    return {
      effect: 'send',
      message: content,
      taps: [...own, ...taps],
      ...(pages === undefined || Object.keys(pages).length === 0 ? {} : { pages }),
      ...(leaves === undefined ? {} : { delivery: leaves }),
    };
  });
}

/** Of several messages in one, the first is waited for and quotes, the last is waited behind. */
function deliveryAt(delivery: Delivery, index: number, count: number): Delivery {
  const { nextWaitsFor, outsideWindow, ...before } = delivery;
  return {
    ...(index === 0 ? before : {}),
    ...(index === count - 1 && nextWaitsFor !== undefined ? { nextWaitsFor } : {}),
    ...(outsideWindow === undefined ? {} : { outsideWindow }),
  };
}

/** Empty when there is nothing to say: its text is empty here. */
function messagesOf(fields: MessageFields, view: View, taken: number): Said[] {
  if (fields.raw !== undefined) return payloadMessages(view.value(fields.raw), view);
  const without = withoutText(fields, view);
  if (without !== undefined) return [without];
  const written = fields.text ?? [fields.askLocation, fields.askContact].find(Array.isArray);
  const body = variant(written, fields.mode ?? 'random', view, taken);
  if (fields.product !== undefined) {
    const text = cut(view, 'text', body.trim(), INTERACTIVE.bodyMax);
    return only({
      type: 'product',
      ...(text === '' ? {} : { text }),
      ...footerOf(fields, view),
      ...productOf(fields.product, view),
    });
  }
  return body.trim() === '' ? [] : withText(fields, body, view);
}

function only(content: MessageContent | undefined): Said[] {
  return content === undefined ? [] : [{ content, taps: [] }];
}

function variant(options: readonly Text[] = [], mode: string, view: View, taken: number): string {
  const { length } = options;
  const chosen = options[length < 2 ? 0 : indexOf(mode, length, view, taken)];
  return chosen === undefined ? '' : view.text(chosen);
}

function indexOf(mode: string, length: number, view: View, taken: number): number {
  if (mode === 'random') return Math.floor(view.random() * length);
  return mode === 'loop' ? taken % length : Math.min(taken, length - 1);
}

/** The kinds that have no text of their own. */
function withoutText(fields: MessageFields, view: View): Said | undefined {
  const { image, video, audio, voice, document, sticker, location, contacts, template, react } = fields;
  if (image !== undefined)
    return plain({ type: 'image', ...sourceOf('image', image, view), ...captionOf(image, view) });
  if (video !== undefined)
    return plain({ type: 'video', ...sourceOf('video', video, view), ...captionOf(video, view) });
  if (audio !== undefined) return plain({ type: 'audio', ...sourceOf('audio', audio, view) });
  if (voice !== undefined) return plain({ type: 'audio', voice: true, ...sourceOf('voice', voice, view) });
  if (sticker !== undefined) return plain({ type: 'sticker', ...sourceOf('sticker', sticker, view) });
  if (document !== undefined) {
    const filename = wanted(view, document.filename);
    const source = sourceOf('document', document, view);
    const name = filename === undefined ? {} : { filename };
    return plain({ type: 'document', ...source, ...captionOf(document, view), ...name });
  }
  if (location !== undefined) return plain(placeOf(location, view));
  if (contacts !== undefined) return plain({ type: 'contacts', contacts: contactCards(contacts, view) });
  if (template !== undefined) {
    const { template: made, taps } = templateOf(template, view);
    return { content: { type: 'template', ...made }, taps };
  }
  if (react === undefined) return undefined;
  const messageId = messageIdOf(fields.replyTo ?? true, view);
  if (messageId === undefined) throw new FlowError('there is no message to react to');
  return plain({ type: 'reaction', messageId, emoji: view.render(react).trim() });
}

function plain(content: MessageContent): Said {
  return { content, taps: [] };
}

function captionOf({ caption }: Media, view: View): { caption?: string } {
  const words = caption === undefined ? '' : cut(view, 'caption', view.text(caption), CAPTION_MAX);
  return words === '' ? {} : { caption: words };
}

function withText(fields: MessageFields, body: string, view: View): Said[] {
  const { buttons, list, cta, whatsappFlow, products, catalog, address, call, carousel } = fields;
  const text = () => cut(view, 'text', body, INTERACTIVE.bodyMax);
  if (list !== undefined)
    return menu(listMenu({ text: body, ...around(fields, view, false) }, list, view), fields, body, view);
  if (buttons !== undefined) return withButtons(buttons, fields, body, view);
  if (cta !== undefined) return [linked(cta, fields, body, view)];
  if (fields.askLocation !== undefined) return only({ type: 'askLocation', text: text() });
  if (fields.askContact !== undefined) return only({ type: 'askContact', text: text() });
  if (whatsappFlow !== undefined) {
    const button = said(view, 'button title', whatsappFlow.button, WHATSAPP_FLOW.buttonMax);
    const flow = formOf(whatsappFlow, view);
    return only({ type: 'whatsappFlow', text: text(), ...around(fields, view, true), button, flow });
  }
  if (products !== undefined) {
    const header = headerOf(fields.header, view);
    if (header?.type !== 'text') throw new FlowError('a list of products needs a header of text');
    return only({
      type: 'products',
      header: header.text,
      text: cut(view, 'text', body, PRODUCTS.bodyMax),
      ...footerOf(fields, view),
      catalogId: view.render(products.catalog).trim(),
      sections: productSections(products.sections, view),
    });
  }
  if (catalog !== undefined) {
    const shownFirst = wanted(view, catalog.thumbnail);
    const thumbnail = shownFirst === undefined ? {} : { thumbnailProductId: shownFirst };
    return only({ type: 'catalog', text: text(), ...footerOf(fields, view), ...thumbnail });
  }
  if (address !== undefined) return only({ type: 'address', text: text(), ...addressOf(address, view) });
  if (call !== undefined) return only(callOf(call, text(), view));
  if (carousel !== undefined) {
    const { cards, taps } = cardsOf(carousel, view);
    return [{ content: { type: 'carousel', text: text(), cards }, taps }];
  }
  return only(simple(fields, body, view));
}

function simple({ previewUrl }: MessageFields, body: string, view: View): MessageContent {
  const text = cut(view, 'text', body, TEXT_BODY_MAX);
  return { type: 'text', text, ...(previewUrl === undefined ? {} : { previewUrl }) };
}

function withButtons(all: readonly (Button | LinkButton)[], fields: MessageFields, body: string, view: View): Said[] {
  const [first] = all;
  if (first !== undefined && 'url' in first) {
    const isShown = first.when === undefined || view.test(first.when);
    return isShown ? [linked(first, fields, body, view)] : menu(undefined, fields, body, view);
  }
  const buttons = shown(
    all.filter((one) => 'id' in one),
    view,
  );
  const made =
    buttons.length === 0 ? undefined : buttonMenu({ text: body, ...around(fields, view, true) }, buttons, view);
  return menu(made, fields, body, view);
}

/** A menu with nothing to choose from is a text. */
function menu(made: Said | undefined, fields: MessageFields, body: string, view: View): Said[] {
  return made === undefined ? only(simple(fields, body, view)) : [made];
}

function linked(
  { title, url }: Pick<LinkButton, 'title' | 'url'>,
  fields: MessageFields,
  body: string,
  view: View,
): Said {
  return plain({
    type: 'cta',
    text: cut(view, 'text', body, CTA.bodyMax),
    ...around(fields, view, true),
    title: said(view, 'button title', title, CTA.titleMax),
    url: webLink(view, 'the url of a button', url),
  });
}

function around(fields: MessageFields, view: View, mediaToo: boolean): { header?: MessageHeader; footer?: string } {
  const header = headerOf(fields.header, view);
  const kept = mediaToo || header?.type === 'text' ? header : undefined;
  return { ...(kept === undefined ? {} : { header: kept }), ...footerOf(fields, view) };
}

function footerOf({ footer }: MessageFields, view: View): { footer?: string } {
  const words = said(view, 'footer', footer, INTERACTIVE.footerMax);
  return words === '' ? {} : { footer: words };
}

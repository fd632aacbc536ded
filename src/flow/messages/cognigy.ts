import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import type { CarouselCard, MessageContent, MessageHeader } from '../../shared/message.js';
import { BUTTONS, CAPTION_MAX, CAROUSEL, CTA, INTERACTIVE, LIST, TEXT_BODY_MAX } from '../../shared/whatsapp-limits.js';
import type { Tap, View } from '../behaviour.js';
import { cutTo } from '../cut.js';
import { FlowError } from '../flow-error.js';
import { wordsOf } from '../words.js';
import { asTap, buttonMenu, rowMenu, type Shown } from './choices.js';
import { cut, isWebLink } from './parts.js';
import type { Said } from './said.js';

/**
 * An output of Cognigy's default channel as WhatsApp messages. Where WhatsApp lacks the form, what is meant stays:
 *
 * | Cognigy | becomes |
 * | --- | --- |
 * | `_text`, `text` | a text; `<b>`, `<i>`, `<br>` become WhatsApp's |
 * | `_quickReplies`, `_buttons` | reply buttons, a list from four on, pages from eleven on; the payload is the id |
 * | one `web_url` button alone | a link button |
 * | other `web_url` and `phone_number` buttons | lines of the text: WhatsApp makes links of them |
 * | `trigger_intent` | a button with the id `cIntent:<name>` |
 * | `_list` | a list when every item can be tapped, else a text |
 * | `_gallery` | a carousel when all cards are alike, else an image with its buttons for each card |
 * | `_image`, `_video`, `_audio` | the file, its text as the caption |
 * | `_typing`, `_typingIndicator` | nothing: write `typing: true` at a message |
 *
 * @throws FlowError for what has no form on WhatsApp, saying what to write
 */
export function cognigyMessages(output: JsonObject, view: View): Said[] {
  const keys = Object.keys(output).filter((key) => output[key] !== null && !IGNORED.includes(key));
  const [key] = keys;
  if (key === undefined) return [];
  if (keys.length > 1) throw new FlowError(`a Cognigy output has one form, this one has ${keys.join(' and ')}`);
  const read = Object.hasOwn(FORMS, key) ? FORMS[key] : undefined;
  if (read === undefined) throw new FlowError(`\`${name(key)}\` of Cognigy has no form on WhatsApp: ${INSTEAD}`);
  const form = output[key];
  if (typeof form === 'string' && read === text) return read({ text: form }, view);
  if (!isJsonObject(form)) throw new FlowError(`\`${name(key)}\` of a Cognigy output is a map`);
  return read(form, view);
}

const IGNORED = ['_typing', '_typingIndicator', '_fallbackText', '_data'];
const INSTEAD = 'send a text, an image or buttons instead';

function name(key: string): string {
  return key.slice(0, 40).replace(/[^\w]/g, '');
}

type Read = (form: JsonObject, view: View) => Said[];

const FORMS: { readonly [key: string]: Read } = {
  text,
  _text: text,
  _quickReplies: (form, view) => choices(form, listIn(form, 'quickReplies'), undefined, view),
  _buttons: (form, view) => choices(form, listIn(form, 'buttons'), undefined, view),
  _list: list,
  _gallery: gallery,
  _image: (form, view) => file('image', form, 'imageUrl', 'imageAltText', view),
  _video: (form, view) => file('video', form, 'videoUrl', 'videoAltText', view),
  _audio: (form, view) => file('audio', form, 'audioUrl', undefined, view),
};

function text(form: JsonObject, view: View): Said[] {
  return plain(textIn(form, 'text'), view);
}

function plain(words: string, view: View): Said[] {
  if (words.trim() === '') return [];
  return [{ content: { type: 'text', text: cut(view, 'text', words, TEXT_BODY_MAX) }, taps: [] }];
}

function file(kind: 'image' | 'video' | 'audio', form: JsonObject, at: string, words: string | undefined, view: View) {
  const link = linkIn(form, at);
  if (link === '') throw new FlowError(`\`_${kind}\` of Cognigy needs \`${at}\`, an address that begins with https://`);
  if (kind === 'audio') return [{ content: { type: kind, link } as const, taps: [] }];
  const caption = words === undefined ? '' : cut(view, 'caption', textIn(form, words), CAPTION_MAX);
  const content: MessageContent = { type: kind, link, ...(caption === '' ? {} : { caption }) };
  return [{ content, taps: [] }];
}

/** What a Cognigy button does. */
type Button =
  | { does: 'reply'; shown: Shown }
  | { does: 'link'; title: string; url: string }
  | { does: 'call'; line: string };

function buttonOf(raw: JsonObject): Button {
  if (typeof raw.condition === 'string' && raw.condition.trim() !== '') {
    throw new FlowError('a `condition` in a Cognigy payload is not evaluated: use buttons with `when`');
  }
  const kind = raw.type ?? raw.contentType ?? 'postback';
  const title = textIn(raw, 'title');
  const payload = textIn(raw, 'payload');
  switch (kind) {
    case 'web_url':
      return { does: 'link', title, url: linkIn(raw, 'url') };
    case 'phone_number':
      return { does: 'call', line: title === '' ? payload : `${title}: ${payload}` };
    case 'trigger_intent': {
      const intent = textIn(raw, 'intentName');
      const id = `cIntent:${intent === '' ? payload : intent}`;
      return { does: 'reply', shown: { id, title, description: '', target: undefined } };
    }
    case 'postback':
    case 'text': {
      const id = payload === '' ? title : payload;
      return { does: 'reply', shown: { id, title: title === '' ? id : title, description: '', target: undefined } };
    }
    default:
      throw new FlowError('a Cognigy button is of the type postback, web_url, phone_number or trigger_intent');
  }
}

interface Sorted {
  replies: Shown[];
  links: Extract<Button, { does: 'link' }>[];
  lines: string[];
}

function sorted(raw: readonly JsonObject[]): Sorted {
  const made: Sorted = { replies: [], links: [], lines: [] };
  for (const button of raw.map(buttonOf)) {
    if (button.does === 'reply') made.replies.push(button.shown);
    else if (button.does === 'call') made.lines.push(button.line);
    else {
      made.links.push(button);
      made.lines.push(button.title === '' ? button.url : `${button.title}: ${button.url}`);
    }
  }
  return made;
}

/** Replies as buttons under the text; links and numbers as lines of it, but a lone link as the button it is. */
function choices(
  form: JsonObject,
  raw: readonly JsonObject[],
  header: MessageHeader | undefined,
  view: View,
  words = textIn(form, 'text'),
): Said[] {
  const { replies, links, lines } = sorted(raw);
  const around = header === undefined ? {} : { header };
  const [link] = links;
  if (replies.length === 0 && lines.length === 1 && link !== undefined && isWebLink(link.url)) {
    const title = cut(view, 'button title', link.title === '' ? wordsOf(view.language).open : link.title, CTA.titleMax);
    const content: MessageContent = {
      type: 'cta',
      ...around,
      text: bodyOf(words, CTA.bodyMax, view),
      title,
      url: link.url,
    };
    return [{ content, taps: [] }];
  }
  const whole = [words, ...lines].filter((line) => line !== '').join('\n');
  if (replies.length > 0) {
    const body = whole === '' ? wordsOf(view.language).choose : whole;
    // Only buttons have room for a picture above them; a list has a text of its own.
    const top = replies.length <= BUTTONS.countMax ? around : {};
    return [...(top === around ? [] : picture(header)), buttonMenu({ text: body, ...top }, replies, view)].map(asSaid);
  }
  if (header === undefined) return plain(whole, view);
  return picture(header, cutTo(whole, CAPTION_MAX)).map(asSaid);
}

function asSaid(one: Omit<Said, 'pages'> & { pages?: Said['pages'] }): Said {
  const { content, taps, pages } = one;
  return pages === undefined ? { content, taps } : { content, taps, pages };
}

function picture(header: MessageHeader | undefined, caption = ''): { content: MessageContent; taps: Tap[] }[] {
  if (header?.type !== 'image') return [];
  const { type, ...source } = header;
  return [{ content: { type, ...source, ...(caption === '' ? {} : { caption }) }, taps: [] }];
}

function bodyOf(words: string, most: number, view: View): string {
  return cut(view, 'text', words === '' ? wordsOf(view.language).choose : words, most);
}

/** An item with a reply becomes a row; when some have none, nobody could tap them: then it is a text. */
function list(form: JsonObject, view: View): Said[] {
  const items = listIn(form, 'items').map((item) => ({ item, buttons: sorted(listIn(item, 'buttons')) }));
  const whole = textIn(form, 'text');
  if (items.length > 0 && items.every(({ buttons }) => buttons.replies.length > 0)) {
    const rows = items.map(({ item, buttons }): Shown => {
      const [reply] = buttons.replies;
      return {
        id: reply?.id ?? '',
        title: textIn(item, 'title') || (reply?.title ?? ''),
        description: textIn(item, 'subtitle'),
        target: undefined,
      };
    });
    return [rowMenu({ text: bodyOf(whole, LIST.bodyMax, view) }, rows, view)];
  }
  const blocks = items.map(({ item, buttons }) => {
    const title = textIn(item, 'title');
    const lines = [title === '' ? '' : `*${title}*`, textIn(item, 'subtitle'), linkIn(item, 'defaultActionUrl')];
    return [...lines, ...buttons.lines].filter((line) => line !== '').join('\n');
  });
  return plain([whole, ...blocks].filter((block) => block !== '').join('\n\n'), view);
}

interface Card {
  title: string;
  subtitle: string;
  image: string;
  raw: JsonObject[];
}

function gallery(form: JsonObject, view: View): Said[] {
  const cards = listIn(form, 'items').map(
    (item): Card => ({
      title: textIn(item, 'title'),
      subtitle: textIn(item, 'subtitle'),
      image: linkIn(item, 'imageUrl'),
      raw: listIn(item, 'buttons'),
    }),
  );
  const carousel = asCarousel(cards, textIn(form, 'fallbackText'), view);
  if (carousel !== undefined) return [carousel];
  return cards.flatMap(({ title, subtitle, image, raw }) => {
    const header: MessageHeader | undefined = image === '' ? undefined : { type: 'image', link: image };
    return choices({}, raw, header, view, cardText(title, subtitle));
  });
}

function cardText(title: string, subtitle: string): string {
  return [title === '' ? '' : `*${title}*`, subtitle].filter((line) => line !== '').join('\n');
}

/** WhatsApp wants the cards of a carousel alike: pictures above, and as many buttons of one kind below. */
function asCarousel(cards: readonly Card[], words: string, view: View): Said | undefined {
  if (cards.length < CAROUSEL.cardsMin || cards.length > CAROUSEL.cardsMax) return undefined;
  const buttons = cards.map(({ raw }) => sorted(raw));
  const [first] = buttons;
  const replies = first?.replies.length ?? 0;
  const areLinks = buttons.every(
    ({ replies: own, links, lines }) => own.length === 0 && links.length === 1 && lines.length === 1,
  );
  const areReplies =
    replies > 0 &&
    replies <= CAROUSEL.repliesMax &&
    buttons.every(({ replies: own, lines }) => own.length === replies && lines.length === 0);
  const all = buttons.flatMap(({ replies: own }) => own);
  const unique = new Set(all.map(({ id }) => id)).size === all.length;
  const fits = cards.every(
    ({ image, title, subtitle }) => image !== '' && cardText(title, subtitle).length <= CAROUSEL.cardTextMax,
  );
  if (!fits || !unique || !(areLinks || areReplies)) return undefined;
  const made = cards.map(({ image, title, subtitle }, index): CarouselCard => {
    const top = { header: { type: 'image' as const, link: image }, text: cardText(title, subtitle) };
    const own = buttons[index];
    const link = own?.links[0];
    if (areLinks && link !== undefined) {
      return { ...top, button: { title: cut(view, 'button title', link.title, CAROUSEL.titleMax), url: link.url } };
    }
    const shown = own?.replies.map(({ id, title: label }) => ({
      id,
      title: cut(view, 'button title', label, CAROUSEL.titleMax),
    }));
    return { ...top, buttons: shown ?? [] };
  });
  const body = bodyOf(words, INTERACTIVE.bodyMax, view);
  return { content: { type: 'carousel', text: body, cards: made }, taps: all.map(asTap) };
}

function listIn(form: JsonObject, key: string): JsonObject[] {
  const value: Json | undefined = form[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Cognigy's texts are HTML where they are marked at all. */
function textIn(form: JsonObject, key: string): string {
  const value = form[key];
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value)
    .replace(/<br\s*\/?>|<\/p>\s*(?=<p)/gi, '\n')
    .replace(/<\/?(b|strong)>/gi, '*')
    .replace(/<\/?(i|em)>/gi, '_')
    .replace(/<\/?(p|span|div|u)(\s[^<>]*)?>/gi, '')
    .trim();
}

function linkIn(form: JsonObject, key: string): string {
  const value = form[key];
  return typeof value === 'string' && isWebLink(value.trim()) ? value.trim() : '';
}

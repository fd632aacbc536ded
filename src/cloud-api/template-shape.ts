import type { JsonObject, Unread } from '../shared/json.js';
import { listOf, objectOf, textOf } from '../shared/unread.js';
import type { TemplateComponentNode, TemplateNode } from './wire.js';

/** What a template asks of a message that uses it, and enough of its text that a person knows which one it is. */
export interface TemplateShape extends CardShape {
  name: string;
  language: string;
  /** Meta's word: `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`, … */
  status: string;
  /** `MARKETING`, `UTILITY`, `AUTHENTICATION` */
  category: string;
  /** whether its gaps have names; else they are counted from 1 */
  isNamed: boolean;
  /** it has a limited-time offer, whose end a message may say or, with `ends`, has to */
  offer?: 'ends' | 'maybe';
  /** how many cards it has, for a carousel */
  cards?: number;
  /** what each of them asks for; left out by releases before */
  eachCard?: CardShape[];
  /** what it says, for whoever chooses one; left out by releases before */
  says?: TemplateText;
}

/** What a template asks for but for its cards, or one of its cards. */
export interface CardShape {
  /** left out: the header asks for nothing */
  header?: { kind: 'text'; gaps: string[] } | { kind: (typeof HEADER_KINDS)[number] };
  /** names or numbers of the gaps of the body, each once */
  body: string[];
  /** by their place, from 0 */
  buttons: ButtonNeed[];
}

/** Texts as Meta has them, with their gaps. */
export interface TemplateText {
  header?: string;
  body?: string;
  /** titles, by their place */
  buttons: string[];
}

/**
 * What a button asks for: the end of an `address`, a `code` and `products` have to be given, `reply`, `flow` and `catalog`
 * may be.
 * `maybe`: it is of a kind that is not looked into.
 */
export type ButtonNeed = 'nothing' | 'maybe' | 'address' | 'code' | 'reply' | 'flow' | 'catalog' | 'products';

const HEADER_KINDS = ['image', 'video', 'document', 'location', 'product'] as const;

/**
 * @param node one item of `GET /{waba-id}/message_templates`
 * @returns undefined for what names no template
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 */
export function readTemplateShape(node: JsonObject): TemplateShape | undefined {
  const template: Unread<TemplateNode> = node;
  const name = textOf(template.name);
  const language = textOf(template.language);
  if (name === undefined || language === undefined) return undefined;
  const shape: TemplateShape & { says: TemplateText } = {
    name,
    language,
    status: (textOf(template.status) ?? 'UNKNOWN').toUpperCase(),
    category: (textOf(template.category) ?? 'UNKNOWN').toUpperCase(),
    isNamed: template.parameter_format === 'NAMED',
    body: [],
    buttons: [],
    says: { buttons: [] },
  };
  for (const item of listOf(template.components)) {
    const component = objectOf(item);
    if (component !== undefined) take(component, shape);
  }
  return shape;
}

function take(node: JsonObject, shape: TemplateShape & { says: TemplateText }): void {
  const component: Unread<TemplateComponentNode> = node;
  switch (textOf(component.type)?.toUpperCase()) {
    case 'HEADER': {
      takeHeader(component, shape);
      const text = textOf(component.text);
      if (text !== undefined) shape.says.header = text;
      return;
    }
    case 'BODY': {
      shape.body = gapsOf(component.text);
      const text = textOf(component.text);
      if (text !== undefined) shape.says.body = text;
      return;
    }
    case 'BUTTONS':
      shape.buttons = listOf(component.buttons).map(needOf);
      shape.says.buttons = listOf(component.buttons).map((button) => textOf(objectOf(button)?.text) ?? '');
      return;
    case 'LIMITED_TIME_OFFER':
      shape.offer = objectOf(component.limited_time_offer)?.has_expiration === true ? 'ends' : 'maybe';
      return;
    case 'CAROUSEL':
      shape.eachCard = listOf(component.cards).map(readCard);
      shape.cards = shape.eachCard.length;
  }
}

function takeHeader(component: Unread<TemplateComponentNode>, shape: CardShape): void {
  const format = textOf(component.format)?.toLowerCase();
  const kind = HEADER_KINDS.find((one) => one === format);
  const gaps = gapsOf(component.text);
  if (kind !== undefined) shape.header = { kind };
  else if (gaps.length > 0) shape.header = { kind: 'text', gaps };
}

function readCard(node: unknown): CardShape {
  const card: CardShape = { body: [], buttons: [] };
  for (const item of listOf(objectOf(node)?.components)) {
    const component: Unread<TemplateComponentNode> = objectOf(item) ?? {};
    const type = textOf(component.type)?.toUpperCase();
    if (type === 'HEADER') takeHeader(component, card);
    else if (type === 'BODY') card.body = gapsOf(component.text);
    else if (type === 'BUTTONS') card.buttons = listOf(component.buttons).map(needOf);
  }
  return card;
}

function needOf(item: unknown): ButtonNeed {
  const button: Unread<NonNullable<TemplateComponentNode['buttons']>[number]> = objectOf(item) ?? {};
  switch (textOf(button.type)?.toUpperCase()) {
    case 'URL':
      return gapsOf(button.url).length > 0 ? 'address' : 'nothing';
    case 'OTP':
      return 'address';
    case 'COPY_CODE':
      return 'code';
    case 'PHONE_NUMBER':
      return 'nothing';
    case 'QUICK_REPLY':
      return 'reply';
    case 'FLOW':
      return 'flow';
    case 'CATALOG':
      return 'catalog';
    case 'MPM':
      return 'products';
    // The product is that of the header.
    case 'SPM':
      return 'nothing';
    default:
      return 'maybe';
  }
}

/** `{{1}}` or `{{first_name}}`, each once, in the order in which they come; numbers in theirs. */
function gapsOf(text: unknown): string[] {
  if (typeof text !== 'string') return [];
  const found = [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, gap = '']) => gap);
  const gaps = [...new Set(found)];
  return gaps.every((gap) => /^\d+$/.test(gap)) ? gaps.sort((a, b) => Number(a) - Number(b)) : gaps;
}

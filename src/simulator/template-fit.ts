import type { GraphFault } from './graph-error.js';
import type { JsonObject } from './json.js';
import { at, codePoints, isJsonObject, stringAt } from './json.js';
import { variablesOf } from './template-form.js';
import type { Component } from './template-parts.js';
import { buttonsOf, componentOf, fillOfButton, listAt, parameterOf, typeOf } from './template-parts.js';
import type { FilledTexts, ShownTemplate } from './template-shown.js';
import { codeText, shownFace } from './template-shown.js';
import type { Template } from './templates.js';

const MAX_BODY = 1024;

type Format = Template['parameterFormat'];

type Fit = { shown: ShownTemplate } | { fault: GraphFault };

/**
 * Whether what a send fills in fits the template, and what the contact sees then. Codes are Meta's: 132000 a wrong count,
 * 132012 a wrong kind, 132018 a text no parameter may hold, 132005 a text that got too long, 131008 a button without what it
 * needs.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
export function fitTemplate({ components, parameterFormat }: Template, sent: JsonObject): Fit {
  const given = listAt(sent, 'components');
  const face = fitFace(components, given, parameterFormat);
  if ('fault' in face) return face;
  const carousel = componentOf(components, 'CAROUSEL');
  const givenCards = listAt(componentOf(given, 'CAROUSEL'), 'cards');
  if (carousel === undefined) {
    return givenCards.length === 0 ? face : { fault: { code: 132_012, details: 'The template has no cards.' } };
  }
  const wanted = listAt(carousel, 'cards');
  if (new Set(givenCards.map((card) => Number(card.card_index))).size !== wanted.length) {
    const details = `The template has ${wanted.length} cards, ${givenCards.length} were given.`;
    return { fault: { code: 132_000, details } };
  }
  const cards: ShownTemplate[] = [];
  for (const [index, card] of wanted.entries()) {
    const filled = givenCards.find(({ card_index }) => Number(card_index) === index);
    const fit = fitFace(listAt(card, 'components'), listAt(filled, 'components'), parameterFormat);
    if ('fault' in fit) return { fault: { ...fit.fault, details: `Card ${index}: ${fit.fault.details}` } };
    cards.push(fit.shown);
  }
  return { shown: { ...face.shown, cards } };
}

/** A template without its cards, or one of its cards. */
function fitFace(components: readonly Component[], given: readonly Component[], format: Format): Fit {
  const texts: FilledTexts = {};
  for (const [key, type] of [
    ['header', 'HEADER'],
    ['body', 'BODY'],
  ] as const) {
    const filled = fillPart(componentOf(components, type), componentOf(given, type), format);
    if (filled === undefined) continue;
    if (typeof filled !== 'string') return { fault: filled };
    texts[key] = filled;
  }
  const fault = checkHeader(components, given) ?? checkOffer(components, given) ?? checkButtons(components, given);
  if (fault !== undefined) return { fault };
  if (texts.body !== undefined && codePoints(texts.body) > MAX_BODY) {
    return { fault: { code: 132_005, details: 'The body is too long once it is filled in.' } };
  }
  return { shown: shownFace(components, given, texts) };
}

/** @returns its text as the contact sees it, why the parameters do not fit it, or undefined for a part without text */
function fillPart(
  part: Component | undefined,
  given: Component | undefined,
  format: Format,
): string | GraphFault | undefined {
  const parameters = listAt(given, 'parameters');
  const line = stringAt(part, 'text');
  if (line !== undefined) return fillText(line, parameters, format);
  if (part === undefined || typeOf(part) !== 'BODY') return undefined;
  // Meta's own words around a code. The code is the one thing to fill in.
  const filled = fillText('{{1}}', parameters, 'POSITIONAL');
  return typeof filled === 'string' ? codeText(part, filled) : filled;
}

/** @returns the text, or why the parameters do not fit it */
function fillText(line: string, parameters: readonly Component[], format: Format): string | GraphFault {
  const names = variablesOf(line);
  const distinct = [...new Set(names)];
  if (parameters.length !== distinct.length) {
    return { code: 132_000, details: `The text has ${distinct.length} variables, ${parameters.length} were given.` };
  }
  const values = new Map<string, string>();
  for (const [index, parameter] of parameters.entries()) {
    const name = format === 'NAMED' ? stringAt(parameter, 'parameter_name') : distinct[index];
    const value = spotValue(parameter);
    if (name === undefined || !distinct.includes(name) || value === undefined) {
      return { code: 132_012, details: `Parameter ${index + 1} does not match the template.` };
    }
    if (/[\n\t]| {5}/.test(value)) {
      return { code: 132_018, details: `Parameter ${index + 1} has line breaks, tabs or more than four spaces.` };
    }
    values.set(name, value);
  }
  return line.replace(/\{\{([^{}]*)\}\}/g, (_whole, name: string) => values.get(name.trim()) ?? '');
}

/** What stands in the place of a variable; undefined when it is nothing that can. */
function spotValue(parameter: Component): string | undefined {
  switch (parameter.type) {
    case 'text':
      return stringAt(parameter, 'text') || undefined;
    case 'currency':
      return stringAt(parameter, 'currency', 'fallback_value');
    case 'date_time':
      return stringAt(parameter, 'date_time', 'fallback_value');
    default:
      return undefined;
  }
}

/** Files need an id or a link; a place and a product say what they are themselves. */
const FILES = new Set(['image', 'video', 'gif', 'document']);

function checkHeader(components: readonly Component[], given: readonly Component[]): GraphFault | undefined {
  const header = componentOf(components, 'HEADER');
  const parameters = listAt(componentOf(given, 'HEADER'), 'parameters');
  if (header === undefined && parameters.length > 0) {
    return { code: 132_000, details: 'The template has no header to fill in.' };
  }
  const format = stringAt(header, 'format')?.toLowerCase();
  if (format === undefined || format === 'text') return undefined;
  if (parameters.length !== 1) return { code: 132_012, details: `The header needs one parameter of type ${format}.` };
  const [parameter] = parameters;
  const content = at(parameter, format);
  if (parameter?.type !== format || !isJsonObject(content)) {
    return { code: 132_012, details: `The header needs a parameter of type ${format}.` };
  }
  if (FILES.has(format) && (content.id === undefined) === (content.link === undefined)) {
    return { code: 132_012, details: 'The header needs either id or link.' };
  }
  return undefined;
}

function checkOffer(components: readonly Component[], given: readonly Component[]): GraphFault | undefined {
  const offer = at(componentOf(components, 'LIMITED_TIME_OFFER'), 'limited_time_offer');
  if (at(offer, 'has_expiration') !== true) return undefined;
  const end = at(parameterOf(componentOf(given, 'LIMITED_TIME_OFFER')), 'limited_time_offer', 'expiration_time_ms');
  return typeof end === 'number' ? undefined : { code: 132_012, details: 'The offer needs to know when it ends.' };
}

/** How a send names the buttons of a template. */
const SUB_TYPES: { [type: string]: string } = {
  QUICK_REPLY: 'quick_reply',
  URL: 'url',
  OTP: 'url',
  COPY_CODE: 'copy_code',
  FLOW: 'flow',
  CATALOG: 'catalog',
  MPM: 'mpm',
  VOICE_CALL: 'voice_call',
  ORDER_DETAILS: 'order_details',
};

function checkButtons(components: readonly Component[], given: readonly Component[]): GraphFault | undefined {
  const buttons = buttonsOf(components);
  for (const part of given.filter((one) => typeOf(one) === 'BUTTON')) {
    const button = buttons[Number(part.index)];
    const type = button === undefined ? '' : typeOf(button);
    if (!Object.hasOwn(SUB_TYPES, type) || SUB_TYPES[type] !== stringAt(part, 'sub_type')?.toLowerCase()) {
      return { code: 132_012, details: `The template has no such button at index ${Number(part.index)}.` };
    }
  }
  const needy = buttons.findIndex(
    (button, index) => needsParameter(button) && !hasParameter(fillOfButton(given, index)),
  );
  if (needy < 0) return undefined;
  return { code: 131_008, details: `The button at index ${needy} needs a parameter.` };
}

function needsParameter(button: JsonObject): boolean {
  const type = typeOf(button);
  if (type === 'URL') return variablesOf(stringAt(button, 'url') ?? '').length > 0;
  return type === 'COPY_CODE' || type === 'OTP';
}

function hasParameter(part: Component | undefined): boolean {
  const kind = stringAt(parameterOf(part), 'type');
  return kind === 'text' || kind === 'coupon_code';
}

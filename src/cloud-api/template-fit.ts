import { isJsonObject, type JsonObject, type Unread } from '../shared/json.js';
import { idOf, listOf, numberOf, objectOf, textOf } from '../shared/unread.js';
import type { ButtonNeed, CardShape, TemplateShape } from './template-shape.js';

/** Why a template message would be refused. `reason` is the word of the error table for Meta's own refusal. */
export interface TemplateFault {
  reason: 'template_paused' | 'template_disabled' | 'template_missing' | 'template_parameters';
  /** what is wrong, without anything of the values */
  detail: string;
}

/** Of these Meta sends nothing; of all other states it decides itself. */
const REFUSED: Readonly<Record<string, TemplateFault['reason']>> = {
  PAUSED: 'template_paused',
  DISABLED: 'template_disabled',
  REJECTED: 'template_missing',
};

interface Component {
  type: string;
  subType: string;
  index: string;
  parameters: readonly JsonObject[];
}

/**
 * What Meta would refuse about a template message, as far as the template tells. Values Meta fills in by itself, or whose
 * rules it does not publish, are left to Meta.
 *
 * @param template `template` of a request body, of a flow's message or written by hand
 * @returns the first fault; undefined when there is none
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
 */
export function templateFault(shape: TemplateShape, template: JsonObject): TemplateFault | undefined {
  const refused = Object.hasOwn(REFUSED, shape.status) ? REFUSED[shape.status] : undefined;
  if (refused !== undefined) return { reason: refused, detail: `Meta has it as ${shape.status}` };
  const components = listOf(template.components).filter(isJsonObject);
  const given = components.map(readComponent);
  const detail = partsFault(shape, shape.isNamed, given) ?? offerFault(shape, given) ?? cardsFault(shape, components);
  return detail === undefined ? undefined : { reason: 'template_parameters', detail };
}

/** Of a template but for its cards, or of one of them. */
function partsFault(shape: CardShape, isNamed: boolean, given: readonly Component[]): string | undefined {
  return (
    headerFault(shape, isNamed, given) ??
    gapsFault('body', shape.body, isNamed, parametersOf(given, 'body')) ??
    buttonsFault(shape, given)
  );
}

function readComponent(component: JsonObject): Component {
  return {
    type: textOf(component.type)?.toLowerCase() ?? '',
    subType: textOf(component.sub_type)?.toLowerCase() ?? '',
    index: idOf(component.index) ?? '',
    parameters: listOf(component.parameters).filter(isJsonObject),
  };
}

function parametersOf(given: readonly Component[], type: string): readonly JsonObject[] {
  return given.find((component) => component.type === type)?.parameters ?? [];
}

const NO_TEXT = new Set(['image', 'video', 'document', 'location', 'product']);

function headerFault({ header }: CardShape, isNamed: boolean, given: readonly Component[]): string | undefined {
  const parameters = parametersOf(given, 'header');
  if (header === undefined) return parameters.length > 0 ? 'header takes no value' : undefined;
  const [first] = parameters;
  if (header.kind === 'text') {
    const shown = textOf(first?.type) ?? '';
    if (NO_TEXT.has(shown)) return `header needs a text, not ${withArticle(shown)}`;
    return gapsFault('header', header.gaps, isNamed, parameters);
  }
  if (first === undefined) return `header needs ${withArticle(header.kind)}`;
  return first.type === header.kind
    ? undefined
    : `header needs ${withArticle(header.kind)}, not ${withArticle(textOf(first.type) ?? 'nothing')}`;
}

function gapsFault(
  where: 'header' | 'body',
  gaps: readonly string[],
  isNamed: boolean,
  parameters: readonly JsonObject[],
): string | undefined {
  const fault = isNamed ? namesFault(where, gaps, parameters) : countFault(where, gaps.length, parameters);
  return (
    fault ?? parameters.map((parameter, i) => textFault(where, nameOf(parameter) ?? `${i + 1}`, parameter)).find(isText)
  );
}

function countFault(where: string, needed: number, parameters: readonly JsonObject[]): string | undefined {
  if (parameters.some((parameter) => nameOf(parameter) !== undefined))
    return `${where} counts its gaps, they have no names`;
  const given = parameters.length;
  if (given < needed) return `${where} has ${many(needed, 'gap')}: value ${given + 1} is missing`;
  return given > needed ? `${where} has ${many(needed, 'gap')}: ${many(given, 'value')} are too many` : undefined;
}

function namesFault(where: string, gaps: readonly string[], parameters: readonly JsonObject[]): string | undefined {
  const names = parameters.map(nameOf);
  const missing = gaps.filter((gap) => !names.includes(gap));
  if (missing.length > 0) return `${where}: ${missing.join(', ')} missing`;
  const foreign = names.find((name) => name === undefined || !gaps.includes(name));
  if (foreign !== undefined) return `${where} has no gap named ${foreign}`;
  if (names.length > gaps.length)
    return names.includes(undefined) ? `${where}: a value without a name` : `${where}: a name stands twice`;
  return undefined;
}

/** Meta takes no line break, tab, or more than four spaces in a row inside a value. */
function textFault(where: string, which: string, parameter: JsonObject): string | undefined {
  if (parameter.type !== 'text') return undefined;
  const text = textOf(parameter.text);
  if (text === undefined) return `${where}: value ${which} is empty`;
  if (/[\n\r]/.test(text)) return `${where}: value ${which} has a line break`;
  if (text.includes('\t')) return `${where}: value ${which} has a tab`;
  return / {5}/.test(text) ? `${where}: value ${which} has more than four spaces in a row` : undefined;
}

/** How a message names the kind of a button. */
const KIND_OF: { readonly [need in ButtonNeed]?: string } = {
  ...{ address: 'url', code: 'copy_code', reply: 'quick_reply', flow: 'flow', catalog: 'catalog', products: 'mpm' },
};

function buttonsFault({ buttons }: CardShape, given: readonly Component[]): string | undefined {
  const chosen = given.filter(({ type }) => type === 'button');
  const beyond = chosen.find(({ index }) => buttons[Number(index)] === undefined);
  if (beyond !== undefined)
    return buttons.length === 0
      ? 'it has no buttons'
      : `buttons: there is none with index ${beyond.index}, the last one is ${buttons.length - 1}`;
  for (const [i, need] of buttons.entries()) {
    const button = chosen.find(({ index }) => Number(index) === i);
    if (need === 'nothing' && button !== undefined) return `button ${i} takes no value`;
    const kind = KIND_OF[need];
    if (button !== undefined && kind !== undefined && button.subType !== kind)
      return `button ${i} is of another kind: ${kind}`;
    if (need !== 'address' && need !== 'code' && need !== 'products') continue;
    if (button === undefined) return `button ${i} needs ${NEEDED[need]}`;
    const [value] = button.parameters;
    const isEmpty =
      need === 'products'
        ? listOf(objectOf(value?.action)?.sections).length === 0
        : textOf(need === 'address' ? value?.text : value?.coupon_code) === undefined;
    if (isEmpty) return `button ${i} has an empty value`;
  }
  return undefined;
}

const NEEDED = { address: 'the end of its address', code: 'its code', products: 'its products' };

function offerFault({ offer }: TemplateShape, given: readonly Component[]): string | undefined {
  const isGiven = given.some(({ type }) => type === 'limited_time_offer');
  if (offer === undefined) return isGiven ? 'it has no limited-time offer' : undefined;
  if (offer === 'maybe') return undefined;
  const [value] = parametersOf(given, 'limited_time_offer');
  const end = numberOf(objectOf(value?.limited_time_offer)?.expiration_time_ms);
  return end === undefined ? 'it needs to know when its offer ends' : undefined;
}

function cardsFault({ cards, eachCard, isNamed }: TemplateShape, given: readonly JsonObject[]): string | undefined {
  const carousel: Unread<{ cards?: unknown[] }> | undefined = given.find(
    ({ type }) => textOf(type)?.toLowerCase() === 'carousel',
  );
  const filled = listOf(carousel?.cards).map((card) => objectOf(card) ?? {});
  if (cards === undefined) return filled.length === 0 ? undefined : 'it has no cards';
  if (filled.length !== cards) return `carousel has ${cards} cards, the message ${filled.length}`;
  for (const [i, shape] of eachCard?.entries() ?? []) {
    const card = filled.find(({ card_index: index }, position) => (numberOf(index) ?? position) === i);
    if (card === undefined) return `card ${i} is missing`;
    const fault = partsFault(shape, isNamed, listOf(card.components).filter(isJsonObject).map(readComponent));
    if (fault !== undefined) return `card ${i}: ${fault}`;
  }
  return undefined;
}

const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
const nameOf = (parameter: JsonObject): string | undefined => textOf(parameter.parameter_name);
const isText = (value: string | undefined): value is string => value !== undefined;
const withArticle = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;

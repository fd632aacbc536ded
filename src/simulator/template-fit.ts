import type { GraphFault } from './graph-error.js';
import type { JsonObject } from './json.js';
import { at, codePoints, isJsonObject, present, stringAt } from './json.js';
import { variablesOf } from './template-form.js';
import type { Template } from './templates.js';

const MAX_BODY = 1024;

/** What a contact sees of a template: the page draws it as WhatsApp would. */
export type ShownTemplate = JsonObject;

/** A component of a template, or of a send. */
type Component = JsonObject;

/**
 * Whether what a send fills in fits the template, and what the contact sees then. Codes are Meta's: 132000 a wrong count,
 * 132012 a wrong kind, 132018 a text no parameter may hold, 132005 a text that got too long, 131008 a button without what it
 * needs.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
export function fitTemplate(template: Template, sent: JsonObject): { shown: ShownTemplate } | { fault: GraphFault } {
  const given = listAt(sent, 'components');
  const faults: GraphFault[] = [];
  const fill = (type: 'HEADER' | 'BODY'): string | undefined => {
    const part = template.components.find((one) => one.type === type);
    const parameters = listAt(componentOf(given, type), 'parameters');
    const line = stringAt(part, 'text');
    if (line === undefined) return undefined;
    const filled = fillText(line, parameters, template.parameterFormat);
    if (typeof filled === 'string') return filled;
    faults.push(filled);
    return undefined;
  };
  const fault = checkHeader(template, given) ?? checkButtons(template, given);
  const header = fill('HEADER');
  const body = fill('BODY');
  const first = faults[0] ?? fault;
  if (first !== undefined) return { fault: first };
  if (body !== undefined && codePoints(body) > MAX_BODY) {
    return { fault: { code: 132_005, details: 'The body is too long once it is filled in.' } };
  }
  return { shown: shownOf(template, given, header, body) };
}

/** @returns the text, or why the parameters do not fit it */
function fillText(
  line: string,
  parameters: readonly Component[],
  format: Template['parameterFormat'],
): string | GraphFault {
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

function checkHeader(template: Template, given: readonly Component[]): GraphFault | undefined {
  const header = template.components.find(({ type }) => type === 'HEADER');
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
  if (format !== 'location' && (content.id === undefined) === (content.link === undefined)) {
    return { code: 132_012, details: 'The header needs either id or link.' };
  }
  return undefined;
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

function checkButtons(template: Template, given: readonly Component[]): GraphFault | undefined {
  const buttons = buttonsOf(template);
  const filled = new Map<number, Component>();
  for (const part of given.filter((one) => typeOf(one) === 'BUTTON')) {
    const index = Number(part.index);
    const type = stringAt(buttons[index], 'type') ?? '';
    if (!Object.hasOwn(SUB_TYPES, type) || SUB_TYPES[type] !== stringAt(part, 'sub_type')?.toLowerCase()) {
      return { code: 132_012, details: `The template has no such button at index ${String(index)}.` };
    }
    filled.set(index, part);
  }
  const needy = buttons.findIndex((button, index) => needsParameter(button) && !hasParameter(filled.get(index)));
  if (needy < 0) return undefined;
  return { code: 131_008, details: `The button at index ${needy} needs a parameter.` };
}

function needsParameter(button: JsonObject): boolean {
  if (button.type === 'URL') return variablesOf(stringAt(button, 'url') ?? '').length > 0;
  return button.type === 'COPY_CODE' || button.type === 'OTP';
}

function hasParameter(part: Component | undefined): boolean {
  const [parameter] = listAt(part, 'parameters');
  const kind = stringAt(parameter, 'type');
  return kind === 'text' || kind === 'coupon_code';
}

function shownOf(
  template: Template,
  given: readonly Component[],
  header: string | undefined,
  body: string | undefined,
): ShownTemplate {
  const media = listAt(componentOf(given, 'HEADER'), 'parameters')[0];
  const footer = template.components.find(({ type }) => type === 'FOOTER');
  const buttons = buttonsOf(template).map((button, index): JsonObject => {
    const part = given.find((one) => typeOf(one) === 'BUTTON' && Number(one.index) === index);
    const parameter = listAt(part, 'parameters')[0];
    const value = stringAt(parameter, 'payload') ?? stringAt(parameter, 'text') ?? stringAt(parameter, 'coupon_code');
    const url = stringAt(button, 'url')?.replace(/\{\{[^{}]*\}\}/, value ?? '');
    const text = stringAt(button, 'text') ?? (button.type === 'COPY_CODE' ? 'Copy code' : String(button.type));
    // A quick reply without a payload gives its own text back.
    return present({ type: button.type, text, url, payload: value ?? text, phone_number: button.phone_number });
  });
  return present({
    header: header ?? (media?.type === 'text' ? undefined : media),
    body,
    footer: stringAt(footer, 'text'),
    buttons: buttons.length === 0 ? undefined : buttons,
  });
}

export function buttonsOf(template: Template): JsonObject[] {
  return listAt(
    template.components.find(({ type }) => type === 'BUTTONS'),
    'buttons',
  );
}

const typeOf = (part: Component): string => String(part.type).toUpperCase();

function componentOf(given: readonly Component[], type: string): Component | undefined {
  return given.find((part) => typeOf(part) === type);
}

function listAt(value: unknown, key: string): JsonObject[] {
  const found = at(value, key);
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
}

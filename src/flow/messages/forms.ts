import type { z } from 'zod';
import { isJsonObject, type JsonObject } from '../../shared/json.js';
import type { MessageContent, WhatsappFlow } from '../../shared/message.js';
import { CALL } from '../../shared/whatsapp-limits.js';
import type { View } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import {
  count,
  delegate,
  field,
  oneOf,
  report,
  shorthand,
  strict,
  template,
  text,
  type ValueTemplate,
  value,
  yes,
} from '../reading/fields.js';
import { Plain } from '../reading/source.js';
import { isScalar, isTrue, needed, said, wanted } from './parts.js';

const optional = template.optional();

/** One of WhatsApp's own forms: `whatsappFlow: { id: "1234", button: Book }` */
export const whatsappFlow = strict('whatsappFlow', {
  id: optional.describe('Of the form at Meta; or `name`.'),
  name: optional.describe('Of the form at Meta; or `id`.'),
  button: text.describe('Opens the form, 30 characters.'),
  screen: optional.describe('Where it begins.'),
  data: value.optional().describe('What that screen is given.'),
  token: optional.describe('Comes back with the answer.'),
  action: oneOf(['navigate', 'data_exchange'])
    .optional()
    .describe('Whether the form asks its own server for the first screen (`data_exchange`) or not.'),
  mode: oneOf(['draft', 'published']).optional().describe('`draft` tries a form that is not published.'),
}).transform((fields, ctx) => {
  if ((fields.id === undefined) === (fields.name === undefined)) {
    report(ctx, 'whatsappFlow needs `id` or `name`, one of them', { code: 'missing-key' });
  }
  if (fields.data !== undefined && fields.screen === undefined) {
    report(ctx, '`data` needs `screen` beside it', { code: 'invalid-combination', path: ['data'], key: true });
  }
  return fields;
});

export function formOf(fields: z.output<typeof whatsappFlow>, view: View): WhatsappFlow {
  const id = wanted(view, fields.id);
  const name = wanted(view, fields.name);
  const screen = wanted(view, fields.screen);
  const token = wanted(view, fields.token);
  const { action = screen === undefined ? undefined : ('navigate' as const), mode } = fields;
  if (id === undefined && name === undefined) throw new FlowError('the id of the WhatsApp flow is empty');
  return {
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    ...(token === undefined ? {} : { token }),
    ...(action === undefined ? {} : { action }),
    ...(screen === undefined ? {} : { screen }),
    ...(fields.data === undefined ? {} : { data: objectIn(fields.data, view, 'the data of the WhatsApp flow') }),
    ...(mode === undefined ? {} : { mode }),
  };
}

const addressMap = strict('an address form', {
  country: template.describe('Two letters of a country Meta has this for.'),
  values: value.optional().describe('What the form is filled with.'),
  savedAddresses: value.optional().describe('What can be chosen instead.'),
});

/** India's address form: `address: IN` */
export const address = shorthand('country', template, addressMap, isScalar);

export function addressOf(
  fields: z.output<typeof addressMap>,
  view: View,
): Omit<Extract<MessageContent, { type: 'address' }>, 'type' | 'text'> {
  const country = needed(view, 'the country of the address form', fields.country);
  const saved = fields.savedAddresses === undefined ? undefined : view.value(fields.savedAddresses);
  if (saved !== undefined && !(Array.isArray(saved) && saved.every(isJsonObject))) {
    throw new FlowError('`savedAddresses` is a list of maps');
  }
  return {
    country,
    ...(fields.values === undefined ? {} : { values: objectIn(fields.values, view, 'the values of the address form') }),
    ...(saved === undefined ? {} : { savedAddresses: saved.filter(isJsonObject) }),
  };
}

const callMap = strict('a call', {
  title: text.optional().describe('What the button says, 20 characters.'),
  ttlMinutes: count.optional().describe('How long the button works.'),
  payload: optional.describe('Comes back when the contact calls.'),
});
type CallFields = z.output<typeof callMap> & { permission?: true };

/** A button that calls the business, or a question whether the business may call: `call: permission` */
export const call = field<CallFields>(
  (raw, ctx) => {
    const word = raw instanceof Plain ? raw.source : raw;
    if (word === 'permission') return { permission: true };
    return delegate(ctx, callMap, isTrue(raw) ? {} : raw);
  },
  (of) => ({ anyOf: [of(yes), { const: 'permission' }, of(callMap)] }),
);

export function callOf(
  { permission, title, ttlMinutes, payload }: CallFields,
  body: string,
  view: View,
): MessageContent {
  if (permission) return { type: 'callPermission', text: body };
  const shown = said(view, 'button title', title, CALL.titleMax);
  const carried = wanted(view, payload);
  return {
    type: 'call',
    text: body,
    ...(shown === '' ? {} : { title: shown }),
    ...(ttlMinutes === undefined ? {} : { ttlMinutes }),
    ...(carried === undefined ? {} : { payload: carried }),
  };
}

/** @throws FlowError for anything but a map */
export function objectIn(template: ValueTemplate, view: View, what: string): JsonObject {
  const made = view.value(template);
  if (isJsonObject(made)) return made;
  throw new FlowError(`${what} is no map`);
}

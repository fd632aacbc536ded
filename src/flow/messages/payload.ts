import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import type { Tap, View } from '../behaviour.js';
import { FlowError } from '../flow-error.js';
import { cognigyMessages } from './cognigy.js';
import type { Said } from './said.js';

/**
 * What a payload says: a Cloud API body, or a Cognigy output (`_cognigy._default`, `_cognigy._whatsapp`). It may come from
 * a `raw` message or from code.
 *
 * @throws FlowError for anything else, saying what to write
 */
export function payloadMessages(payload: Json | undefined, view: View): Said[] {
  if (!isJsonObject(payload)) throw new FlowError('a raw message is a map with `type`, or with `_cognigy`');
  const cognigy = payload._cognigy ?? (isCognigy(payload) ? payload : undefined);
  if (cognigy === undefined) return [rawMessage(payload)];
  if (!isJsonObject(cognigy)) throw new FlowError('`_cognigy` is a map');
  const { _whatsapp: native, _default: common } = cognigy;
  if (native !== undefined && native !== null) {
    const bodies = Array.isArray(native) ? native : [native];
    return bodies.map((body) => {
      if (isJsonObject(body)) return rawMessage(body);
      throw new FlowError('`_cognigy._whatsapp` holds a Cloud API body: { type: text, text: { body: … } }');
    });
  }
  if (isJsonObject(common)) return cognigyMessages(common, view);
  throw new FlowError('`_cognigy` has neither `_default` nor `_whatsapp`: other channels do not speak WhatsApp');
}

/** `_default` or `_whatsapp` without the map around it, as some flows kept it. */
function isCognigy(payload: JsonObject): boolean {
  return payload.type === undefined && (Object.hasOwn(payload, '_default') || Object.hasOwn(payload, '_whatsapp'));
}

/** A Cloud API body, without what says whom it goes to. @throws FlowError when its type or its object is missing */
function rawMessage(body: JsonObject): Said {
  const { type = 'text' } = body;
  if (typeof type !== 'string' || !/^[a-z_]{1,40}$/.test(type)) {
    throw new FlowError('a raw message has a `type`, a word of the Cloud API such as text or interactive');
  }
  const object = Object.hasOwn(body, type) ? body[type] : undefined;
  if (object === undefined) throw new FlowError(`a raw message of type ${type} has its content under \`${type}\``);
  const kept = { type, [type]: object };
  return { content: { type: 'raw', body: kept }, taps: tapsOf(object) };
}

const ID_KEYS = ['reply', 'quick_reply'];

/** The ids of buttons, rows and template replies, wherever they stand in a body. */
function tapsOf(object: Json): Tap[] {
  if (Array.isArray(object)) return object.flatMap(tapsOf);
  if (!isJsonObject(object)) return [];
  const own = Object.entries(object).flatMap(([key, value]): Tap[] => {
    if (ID_KEYS.includes(key) && isJsonObject(value)) return tap(value.id);
    if (key === 'rows' && Array.isArray(value)) return value.flatMap((row) => (isJsonObject(row) ? tap(row.id) : []));
    return tapsOf(value);
  });
  return object.type === 'payload' ? [...own, ...tap(object.payload)] : own;
}

function tap(id: Json | undefined): Tap[] {
  return typeof id === 'string' && id !== '' ? [{ id, target: undefined }] : [];
}

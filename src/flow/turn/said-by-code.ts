import { isJsonObject, type Json } from '../../shared/json.js';
import { FlowError } from '../flow-error.js';
import { type Message, message } from '../messages/message.js';
import { problemsOf } from '../reading/fields.js';
import { Plain, type Raw, type RawMap } from '../reading/source.js';

/**
 * What code gave `say()`, as the message a flow file would describe with it: a text, or a map with the keys of `say`.
 * A Cognigy payload (`_cognigy`) is what `raw` takes.
 *
 * Nothing in it is evaluated: a value with `{{ }}` in it is said with them.
 *
 * @throws FlowError when it is no message
 */
export function saidByCode(value: Json): Message {
  const isCognigy = isJsonObject(value) && Object.hasOwn(value, '_cognigy');
  const read = message.safeParse(literal(isCognigy ? { raw: value } : value));
  if (read.success) return read.data;
  const [problem] = problemsOf(read.error);
  const path = (problem?.path ?? []).map(String).filter((key) => /^[A-Za-z_]\w{0,30}$|^\d{1,3}$/.test(key));
  const place = path.length === 0 ? '' : `, see \`${path.join('.')}\``;
  throw new FlowError(`what \`say()\` was given is no message${place}`);
}

function literal(value: Json): Raw {
  if (typeof value === 'string') return literalText(value);
  if (Array.isArray(value)) return value.map(literal);
  if (!isJsonObject(value)) return new Plain(String(value), value);
  const map: RawMap = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    // It would be read as an expression, and may well be what a contact wrote.
    if (key === 'when') throw new FlowError('`when` in a message from code: decide it in the code');
    map[key] = literal(item);
  }
  return map;
}

/** A template that says just this, also when it looks like an expression or the name of a text. */
function literalText(text: string): string {
  const escaped = text.replaceAll('{{', "{{ '{{' }}");
  return /^texts\./.test(escaped) ? `{{ '' }}${escaped}` : escaped;
}

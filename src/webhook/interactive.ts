import { isJsonObject, type Json, type JsonObject, type Unread } from '../shared/json.js';
import { readMarkedId } from '../shared/tap-id.js';
import { compact, numberOf, objectOf, textOf } from '../shared/unread.js';
import { type Content, UNSUPPORTED } from './content.js';
import type { WireInteractive, WireReply } from './wire.js';

type CallPermissionReply = NonNullable<WireInteractive['call_permission_reply']>;
type FormReply = NonNullable<WireInteractive['nfm_reply']>;

/** What a contact tapped or filled in. Meta has sent `interactive` without any of these, and forms with broken JSON. */
export function readInteractive(object: JsonObject): Content {
  const interactive: Unread<WireInteractive> = object;
  switch (interactive.type) {
    case 'button_reply':
      return readReply('button', interactive.button_reply);
    case 'list_reply':
      return readReply('list', interactive.list_reply);
    case 'nfm_reply':
      return readForm(interactive.nfm_reply);
    case 'call_permission_reply':
      return readCallPermission(interactive.call_permission_reply);
    default:
      return UNSUPPORTED;
  }
}

/** A tap: its id is the text flows compare, as its title may be translated. */
function readReply(kind: 'button' | 'list', value: unknown): Content {
  const reply: Unread<WireReply> | undefined = objectOf(value);
  const marked = textOf(reply?.id);
  if (reply === undefined || marked === undefined) return UNSUPPORTED;
  const { id, ...menu } = readMarkedId(marked);
  const shown = { title: textOf(reply.title), description: textOf(reply.description) };
  return { text: id, data: { reply: compact({ kind, id, ...shown }) }, ...menu };
}

/** `response` when the form's JSON is an object, else `responseText` as it came: old forms send other things. */
function readForm(value: unknown): Content {
  const form: Unread<FormReply> | undefined = objectOf(value);
  if (form === undefined) return UNSUPPORTED;
  const responseText = textOf(form.response_json);
  const response = responseText === undefined ? form.response_json : parseJson(responseText);
  const answer = isJsonObject(response) ? { response } : { responseText };
  return { data: { form: compact({ name: textOf(form.name), body: textOf(form.body), ...answer }) } };
}

function readCallPermission(value: unknown): Content {
  const reply: Unread<CallPermissionReply> | undefined = objectOf(value);
  const response = textOf(reply?.response);
  if (reply === undefined || response === undefined) return UNSUPPORTED;
  const permanent = reply.is_permanent === true ? true : undefined;
  const expiresAtSec = numberOf(reply.expiration_timestamp);
  return {
    data: { callPermission: compact({ response, permanent, expiresAtSec, source: textOf(reply.response_source) }) },
  };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { isJsonObject, type JsonObject, type Unread } from '../shared/json.js';
import { compact, listOf, objectOf, textOf } from '../shared/unread.js';
import { type Content, UNSUPPORTED } from './content.js';
import type { WireContactCard } from './wire.js';

/** Cards a contact shared, or its own number when we asked for it: then `origin` is `contact_request`. */
export function readContactCards(value: unknown): Content {
  const contacts = listOf(value).filter(isJsonObject).map(readCard);
  return contacts.length === 0 ? UNSUPPORTED : { data: { contacts } };
}

function readCard(object: JsonObject): JsonObject {
  const card: Unread<WireContactCard> = object;
  const name: Unread<NonNullable<WireContactCard['name']>> = objectOf(card.name) ?? {};
  return compact({
    name: textOf(name.formatted_name) ?? textOf(name.first_name),
    phones: listOf(card.phones)
      .filter(isJsonObject)
      .map((phone) => compact({ phone: textOf(phone.phone), waId: textOf(phone.wa_id), type: textOf(phone.type) })),
    emails: listOf(card.emails)
      .filter(isJsonObject)
      .map((email) => compact({ email: textOf(email.email), type: textOf(email.type) })),
    company: textOf(objectOf(card.org)?.company),
    origin: textOf(card.origin),
  });
}

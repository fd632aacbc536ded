import type { z } from 'zod';
import type { ContactCard } from '../../shared/message.js';
import type { View } from '../behaviour.js';
import type { Template } from '../expressions/template.js';
import { listOf, shorthand, strict, template } from '../reading/fields.js';
import { isScalar, needed, wanted } from './parts.js';

const optional = template.optional();

const name = strict('a name', {
  formatted: template.describe('The whole name, as it is shown.'),
  first: optional.describe('First name.'),
  last: optional.describe('Last name.'),
  middle: optional.describe('Middle name.'),
  prefix: optional.describe('For example `Dr`.'),
  suffix: optional.describe('For example `Jr`.'),
});
const phone = strict('a phone', {
  phone: template.describe('The number, with its country.'),
  waId: optional.describe('The same as WhatsApp knows it: digits only.'),
  type: optional.describe('For example `WORK`, `CELL`.'),
});
const email = strict('an email', {
  email: template.describe('The address.'),
  type: optional.describe('`HOME` or `WORK`.'),
});
const url = strict('a url', { url: template.describe('The address.'), type: optional.describe('`HOME` or `WORK`.') });
const address = strict('an address', {
  street: optional.describe('Street and number.'),
  city: optional.describe('City.'),
  state: optional.describe('State or province.'),
  zip: optional.describe('Postal code.'),
  country: optional.describe('The country, written out.'),
  countryCode: optional.describe('Two letters.'),
  type: optional.describe('`HOME` or `WORK`.'),
});
const org = strict('an org', {
  company: optional.describe('Its name.'),
  department: optional.describe('The part of it.'),
  title: optional.describe('What the person does there.'),
});

const card = strict('a contact', {
  name: shorthand('formatted', template, name, isScalar).describe('The name, or its parts.'),
  phones: listOf(shorthand('phone', template, phone, isScalar))
    .optional()
    .describe('Numbers.'),
  emails: listOf(shorthand('email', template, email, isScalar))
    .optional()
    .describe('E-mail addresses.'),
  urls: listOf(shorthand('url', template, url, isScalar))
    .optional()
    .describe('Web addresses.'),
  addresses: listOf(address).optional().describe('Postal addresses.'),
  org: shorthand('company', template, org, isScalar).optional().describe('Where the person works.'),
  birthday: optional.describe('As `2000-12-31`.'),
});

/** `contacts: [{ name: Ana Silva, phones: ["+351 …"] }]` */
export const contacts = listOf(card);

type Card = z.output<typeof card>;
type Parts = { [key: string]: Template | undefined };

/** @throws FlowError for a contact without a name, a phone without a number */
export function contactCards(cards: readonly Card[], view: View): ContactCard[] {
  return cards.map((one) => {
    const { first, last, middle, prefix, suffix } = one.name;
    const parts = rendered({ first, last, middle, prefix, suffix }, view);
    const formatted = needed(view, 'the name of a contact', one.name.formatted);
    const made: ContactCard = {
      // WhatsApp asks for a part of the name beside the whole.
      name: { formatted, ...(Object.keys(parts).length === 0 ? { first: formatted } : parts) },
    };
    if (one.phones !== undefined) {
      made.phones = one.phones.map(({ phone: number, waId, type }) => ({
        phone: needed(view, 'the phone of a contact', number),
        ...rendered({ waId, type }, view),
      }));
    }
    if (one.emails !== undefined) {
      made.emails = one.emails.map(({ email: at, type }) => ({
        email: needed(view, 'the email of a contact', at),
        ...rendered({ type }, view),
      }));
    }
    if (one.urls !== undefined) {
      made.urls = one.urls.map(({ url: at, type }) => ({
        url: needed(view, 'the url of a contact', at),
        ...rendered({ type }, view),
      }));
    }
    if (one.addresses !== undefined) made.addresses = one.addresses.map((parts) => rendered(parts, view));
    if (one.org !== undefined) made.org = rendered(one.org, view);
    const birthday = wanted(view, one.birthday);
    return birthday === undefined ? made : { ...made, birthday };
  });
}

function rendered<T extends Parts>(parts: T, view: View): { [K in keyof T]?: string } {
  const texts: { [K in keyof T]?: string } = {};
  for (const key in parts) {
    const written = wanted(view, parts[key]);
    if (written !== undefined) texts[key] = written;
  }
  return texts;
}

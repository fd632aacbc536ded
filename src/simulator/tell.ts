import type { ChatMessage } from './chats.js';
import type { Deliverer, DeliveryOutcome } from './deliver.js';
import { SimulatorError } from './errors.js';
import { newWamid } from './ids.js';
import type { JsonObject } from './json.js';
import { present } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import type { TemplateChange } from './templates.js';
import { templateEvent } from './templates.js';
import type { FieldUpdate, MessageUpdate } from './webhook-body.js';
import { digitsOf, metadataOf, profileOf, toTimestamp } from './webhook-body.js';
import type { SampleId, WebhookSample } from './webhook-samples.js';
import { overlay, WEBHOOK_SAMPLES } from './webhook-samples.js';
import type { World } from './world.js';

/** Whom something is told about; without `phoneNumberId` it is the first number. */
export interface About {
  phoneNumberId?: string | undefined;
  contactId?: string | undefined;
}

/** What was told, and how that ended. */
export interface Told {
  field: string;
  value: JsonObject;
  delivery: Promise<DeliveryOutcome>;
}

/** A change as Meta spells it, `value` included. */
export interface Change extends About {
  field: string;
  value: JsonObject;
  /** the WABA when left out */
  entryId?: string | undefined;
  /** epoch seconds; none when left out */
  time?: number | undefined;
}

/** What somebody does who is no chat partner: Meta itself, the staff at the phone app, a contact in the settings. */
export interface Teller {
  /** @throws SimulatorError for an unknown number or contact */
  sample(id: SampleId, about: About & { value?: JsonObject | undefined }): Told;
  /** Any field with any value. */
  change(change: Change): Told;
  /** Any body at all, signed as it is. */
  body(body: JsonObject, about: About): Promise<DeliveryOutcome>;
  /** A template came to another status. */
  template(change: TemplateChange): Told;
  /** The staff answers from the phone app (coexistence): a bubble, and an echo to the bot. */
  echo(contactId: string, message: JsonObject, about: Pick<About, 'phoneNumberId'>): ChatMessage;
  /** Whether the contact wants offers: `stop` also refuses marketing templates with 131050. */
  preference(contactId: string, value: 'stop' | 'resume', about: Pick<About, 'phoneNumberId'>): Told;
  /** Something happens to who the contact is; the webhooks that tell of it follow. */
  identity(contactId: string, change: IdentityChange, about: Pick<About, 'phoneNumberId'>): SimulatedContact;
}

/** What can happen to who somebody is. */
export type IdentityChange =
  /** a new SIM: number and BSUID change, and three webhooks tell of it */
  | { kind: 'number'; waId: string }
  /** a new BSUID alone, as after moving to another country */
  | { kind: 'bsuid' }
  /** a username taken, changed, or (null) given up; nothing tells of it but the next webhook */
  | { kind: 'username'; username: string | null }
  /** the number is hidden from businesses, or shown again */
  | { kind: 'visibility'; hidden: boolean }
  /** a new device: another identity key */
  | { kind: 'device' };

/** A business learns that somebody wants no offers; its own choice of words is Meta's. */
const PREFERENCE_DETAIL = {
  stop: 'User requested to stop marketing messages',
  resume: 'User requested to resume marketing messages',
} as const;

export function createTeller(world: World, deliverer: Deliverer): Teller {
  function tell(number: SimulatedNumber, contactId: string | undefined, rest: ToldFacts): Told {
    const { field, value, scope, entryId = number.wabaId, time } = rest;
    const update: FieldUpdate = {
      kind: 'field',
      number,
      contactId,
      scope,
      entryId,
      time,
      field,
      value,
      summary: rest.summary ?? field,
    };
    return { field, value, delivery: deliverer.deliver([update]) };
  }

  function contactOf(contactId: string | undefined): SimulatedContact {
    if (contactId !== undefined) return world.contact(contactId);
    const [first] = world.contacts.values();
    if (first === undefined) throw new SimulatorError('unknown_contact', 'there is no contact');
    return first;
  }

  /** A `system` message of Meta's: no bubble, and no `contacts` beside it. */
  function system(contact: SimulatedContact, number: SimulatedNumber, about: JsonObject): MessageUpdate {
    const from = world.toldNumber(contact, number.phoneNumberId);
    const wamid = newWamid(from || contact.bsuid, world.nowMs(), world.random);
    const item = present({
      from,
      from_user_id: contact.bsuid,
      id: wamid,
      timestamp: toTimestamp(world.nowMs()),
      type: 'system',
      system: about,
    });
    const { contactId } = contact;
    world.addNote(wamid, number.phoneNumberId);
    return { number, contactId, kind: 'messages', profile: undefined, item, wamid, summary: 'system' };
  }

  function tellNewId(old: SimulatedContact, now: SimulatedContact, number: SimulatedNumber): void {
    const waId = world.toldNumber(now, number.phoneNumberId);
    const ids = { previous: old.bsuid, current: now.bsuid };
    void deliverer.deliver([
      system(old, number, {
        type: 'user_changed_user_id',
        body: `User ${old.name} changed from ${old.bsuid} to ${now.bsuid}`,
        user_id: now.bsuid,
      }),
    ]);
    tell(number, now.contactId, {
      field: 'user_id_update',
      scope: 'number',
      value: {
        messaging_product: 'whatsapp',
        metadata: metadataOf(number),
        contacts: [profileOf(now, waId)],
        user_id_update: [
          present({
            wa_id: waId,
            detail: 'User id was updated',
            user_id: ids,
            timestamp: toTimestamp(world.nowMs()),
          }),
        ],
      },
    });
  }

  return {
    sample(id, { phoneNumberId, contactId, value = {} }) {
      const row: WebhookSample = WEBHOOK_SAMPLES[id];
      const number = world.number(phoneNumberId);
      const contact = contactOf(contactId);
      const nowMs = world.nowMs();
      const made = row.value({
        number,
        contact,
        waId: world.toldNumber(contact, number.phoneNumberId),
        nowMs,
        version: Number.parseInt(world.settings.webhookVersion.slice(1), 10),
        newWamid: () => newWamid(contact.waId ?? contact.bsuid, nowMs, world.random),
      });
      return tell(number, row.hasContact === true ? contact.contactId : undefined, {
        field: row.field,
        scope: row.scope,
        value: overlay(made, value),
        time: row.scope === 'account' ? Math.floor(nowMs / 1000) : undefined,
        summary: id,
      });
    },
    change({ field, value, entryId, time, phoneNumberId, contactId }) {
      const number = world.number(phoneNumberId);
      if (contactId !== undefined) world.contact(contactId);
      return tell(number, contactId, { field, value, entryId, time, scope: 'number' });
    },
    body: (body, { phoneNumberId }) => deliverer.deliverBody(world.number(phoneNumberId), body),
    template(change) {
      const number = [...world.numbers.values()].find(({ wabaId }) => wabaId === change.template.wabaId);
      return tell(number ?? world.number(undefined), undefined, {
        field: 'message_template_status_update',
        scope: 'account',
        value: templateEvent(change),
        time: Math.floor(world.nowMs() / 1000),
        summary: `template ${change.event.toLowerCase()}`,
      });
    },
    echo(contactId, message, { phoneNumberId }) {
      const contact = world.contact(contactId);
      const number = world.number(phoneNumberId);
      const nowMs = world.nowMs();
      const waId = world.toldNumber(contact, number.phoneNumberId);
      const type = typeof message.type === 'string' ? message.type : 'text';
      const wamid = newWamid(waId || contact.bsuid, nowMs, world.random);
      const bubble = world.addMessage({
        wamid,
        contactId,
        phoneNumberId: number.phoneNumberId,
        by: 'staff',
        type,
        message,
        atMs: nowMs,
        status: 'delivered',
      });
      tell(number, contactId, {
        field: 'smb_message_echoes',
        scope: 'number',
        value: {
          messaging_product: 'whatsapp',
          metadata: metadataOf(number),
          contacts: [profileOf(contact, waId)],
          message_echoes: [
            present({
              from: digitsOf(number.displayPhoneNumber),
              to: waId,
              to_user_id: contact.bsuid,
              id: wamid,
              timestamp: toTimestamp(nowMs),
              type,
              ...message,
            }),
          ],
        },
      });
      return { ...bubble };
    },
    preference(contactId, value, { phoneNumberId }) {
      const contact = world.contact(contactId);
      const number = world.number(phoneNumberId);
      world.setOffers({ contactId, phoneNumberId: number.phoneNumberId }, value === 'resume');
      const waId = world.toldNumber(contact, number.phoneNumberId);
      return tell(number, contactId, {
        field: 'user_preferences',
        scope: 'number',
        value: {
          messaging_product: 'whatsapp',
          metadata: metadataOf(number),
          contacts: [profileOf(contact, waId)],
          user_preferences: [
            present({
              wa_id: waId,
              user_id: contact.bsuid,
              detail: PREFERENCE_DETAIL[value],
              category: 'marketing_messages',
              value,
              timestamp: Math.floor(world.nowMs() / 1000),
            }),
          ],
        },
      });
    },
    identity(contactId, change, { phoneNumberId }) {
      const old = world.contact(contactId);
      const number = world.number(phoneNumberId);
      const now = changed(old, change, world);
      if (change.kind === 'number') {
        const about = { type: 'user_changed_number', body: `User ${old.name} changed their phone number` };
        void deliverer.deliver([system(old, number, present({ ...about, wa_id: now.waId }))]);
      }
      if (change.kind === 'device') {
        const about = { type: 'customer_identity_changed', body: `${old.name} changed the phone` };
        void deliverer.deliver([system(old, number, present({ ...about, hash: now.identityKeyHash }))]);
      }
      world.addContact(now);
      if (now.bsuid !== old.bsuid) tellNewId(old, now, number);
      return now;
    },
  };
}

/** What `tell` needs beside whom it is about. */
interface ToldFacts {
  field: string;
  value: JsonObject;
  scope: 'number' | 'account';
  entryId?: string | undefined;
  time?: number | undefined;
  summary?: string;
}

function changed(contact: SimulatedContact, change: IdentityChange, world: World): SimulatedContact {
  switch (change.kind) {
    case 'number':
      return { ...contact, waId: change.waId, bsuid: newBsuid(contact.bsuid, world) };
    case 'bsuid':
      return { ...contact, bsuid: newBsuid(contact.bsuid, world) };
    case 'username': {
      const { username: _old, ...others } = contact;
      return change.username === null ? others : { ...others, username: change.username };
    }
    case 'visibility':
      return { ...contact, hidesNumber: change.hidden };
    case 'device':
      return { ...contact, identityKeyHash: Buffer.from(world.random.hex(16), 'hex').toString('base64') };
  }
}

/** Same country, other digits. */
function newBsuid(old: string, world: World): string {
  const digits = Array.from({ length: 20 }, () => Math.floor(world.random.next() * 10)).join('');
  return `${old.slice(0, 2)}.${digits}`;
}

import { isJsonObject, type JsonObject } from '../shared/json.js';
import type { Accept } from './accept.js';
import type { InboundEvent, MalformedEvent } from './event.js';

/** What lies in quarantine: `{ at, appId, event }`, an update that could not be read or belongs to no number of ours. */
export interface QuarantinedItem {
  /** epoch ms */
  at: number;
  /** of the app whose secret signed it; undefined when nobody told */
  appId: string | undefined;
  event: MalformedEvent;
}

export function asQuarantined(value: unknown): QuarantinedItem | undefined {
  if (!isJsonObject(value) || typeof value.at !== 'number' || !isJsonObject(value.event)) return undefined;
  const { reason, phoneNumberId, raw } = value.event;
  if (typeof reason !== 'string') return undefined;
  const number = typeof phoneNumberId === 'string' ? phoneNumberId : undefined;
  const appId = typeof value.appId === 'string' ? value.appId : undefined;
  return { at: value.at, appId, event: { kind: 'malformed', reason, phoneNumberId: number, raw } };
}

/**
 * Gives an item another chance: its number is configured by now, or this version can read what an older one could not.
 *
 * @throws with the reason when it would only go back to quarantine, or nowhere: it stays where it is
 */
export function createQuarantineReplay(deps: {
  accept: Accept;
  /** as the webhook reads a body */
  readEvents(body: unknown): InboundEvent[];
}): (data: unknown) => Promise<void> {
  return async (data) => {
    const item = asQuarantined(data);
    if (item === undefined) throw new TypeError('not a quarantined item');
    const { quarantined, disabled } = await deps.accept(
      deps.readEvents(asBody(item.event)),
      item.appId === undefined ? 'any' : { appId: item.appId },
    );
    // Meta's updates for an endpoint that is switched off are dropped; what somebody asked for is not.
    const reason = disabled > 0 ? 'endpoint_disabled' : Object.keys(quarantined)[0];
    if (reason !== undefined) throw new Error(reason);
  };
}

/** The item inside the smallest body that Meta could have sent it in. */
function asBody({ raw, phoneNumberId }: MalformedEvent): unknown {
  const refused = isJsonObject(raw) && isJsonObject(raw.event) ? raw.event : undefined;
  if (refused === undefined && phoneNumberId === undefined) return raw;
  const echo = refused?.kind === 'echo' ? echoOf(refused) : isJsonObject(raw) ? raw.echo : undefined;
  if (echo !== undefined) {
    const metadata = { phone_number_id: phoneNumberId };
    return bodyOf('smb_message_echoes', { metadata, message_echoes: [echo] });
  }
  const value = {
    metadata: { phone_number_id: phoneNumberId },
    ...(refused?.kind === 'status' ? { statuses: [refused.raw] } : { messages: [refused?.message ?? raw] }),
    ...(refused?.kind === 'message' ? { contacts: [contactOf(refused.contact)] } : {}),
  };
  return bodyOf('messages', value);
}

function bodyOf(field: string, value: object): unknown {
  return { object: 'whatsapp_business_account', entry: [{ id: '', changes: [{ field, value }] }] };
}

function echoOf({ wamid, timestampMs, contact }: JsonObject): unknown {
  const { waId, bsuid } = isJsonObject(contact) ? contact : {};
  const timestamp = typeof timestampMs === 'number' ? timestampMs / 1000 : undefined;
  return { id: wamid, timestamp, to: waId, to_user_id: bsuid };
}

function contactOf(contact: unknown): unknown {
  if (!isJsonObject(contact)) return {};
  const { waId, bsuid, username, name } = contact;
  return { wa_id: waId, user_id: bsuid, profile: { name, username } };
}

import type { ChatMessage } from './chats.js';
import type { Deliverer, DeliveryOutcome } from './deliver.js';
import { SimulatorError } from './errors.js';
import { newWamid } from './ids.js';
import type { JsonObject } from './json.js';
import { at, stringAt } from './json.js';
import { checksIdentity } from './number-state.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import type { GivenFile } from './phone.js';
import { toWireMessage } from './phone.js';
import { PhoneAction } from './phone-actions.js';
import { NUMBER_BUDGET } from './rate.js';
import type { MediaKind } from './samples.js';
import { sampleFile } from './samples.js';
import type { MessageUpdate, WebhookUpdate } from './webhook-body.js';
import { profileOf } from './webhook-body.js';
import type { World } from './world.js';

/** Somebody does something with a phone. Without `phoneNumberId` it is the first number. */
export interface Act {
  contactId: string;
  phoneNumberId?: string | undefined;
  action: PhoneAction;
}

export interface ActResult {
  /** the messages as they stand in the chats, in the order of the acts */
  messages: ChatMessage[];
  /** how the webhook that carries them ended */
  delivery: Promise<DeliveryOutcome>;
}

/**
 * What contacts do becomes a bubble and a webhook.
 *
 * @param acts several are one webhook, as Meta batches
 * @throws SimulatorError for an unknown contact, number, message or choice, or an action that makes no sense
 */
export function act(world: World, deliverer: Deliverer, acts: readonly Act[]): ActResult {
  // All are checked before the first leaves a trace.
  const made = acts.map((one) => make(world, one));
  const messages = made.map(({ fields }) => world.addMessage(fields));
  for (const { update } of made) {
    const { contactId, number, item } = update;
    world.window.opened({ contactId, phoneNumberId: number.phoneNumberId }, at(item, 'referral') !== undefined);
  }
  if (world.settings.rateModel) {
    // Inbound messages use up the number's throughput too; they are never refused for it.
    for (const { update } of made) world.limiter.take(update.number.phoneNumberId, NUMBER_BUDGET);
  }
  const note = made.length > 1 ? `batch of ${made.length}` : undefined;
  return {
    messages,
    delivery: deliverer.deliver(
      made.map(({ update }) => update).filter(({ number, contactId }) => !isBlocked(world, number, contactId)),
      note,
    ),
  };
}

function make(world: World, { contactId, phoneNumberId, action }: Act) {
  const contact = world.contact(contactId);
  const number = world.number(phoneNumberId);
  const parsed = PhoneAction.safeParse(action);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SimulatorError('bad_request', `${issue?.path.join('.') || 'action'}: ${issue?.message ?? 'invalid'}`);
  }
  const nowMs = world.nowMs();
  const from = world.toldNumber(contact, number.phoneNumberId);
  const item = toWireMessage(parsed.data, {
    contact,
    number,
    from,
    nowMs,
    wamid: newWamid(from || contact.bsuid, nowMs, world.random),
    find: (wamid) => {
      const found = world.chats.find(wamid);
      return found?.contactId === contactId && found.phoneNumberId === number.phoneNumberId ? found : undefined;
    },
    takeFile: (kind, file) => takeFile(world, kind, file),
  });
  // A raw message may bring its own id and type, or break them on purpose.
  const wamid = stringAt(item, 'id') ?? '';
  const type = stringAt(item, 'type') ?? 'unknown';
  const repliedTo = stringAt(item, 'context', 'id');
  const fields: Omit<ChatMessage, 'seq'> = {
    wamid,
    contactId,
    phoneNumberId: number.phoneNumberId,
    by: 'contact',
    type,
    message: item,
    atMs: nowMs,
    status: 'sent',
    ...(repliedTo === undefined ? {} : { repliedTo }),
  };
  const summary = type === 'interactive' ? (stringAt(item, 'interactive', 'type') ?? type) : type;
  const update: MessageUpdate = {
    number,
    contactId,
    kind: 'messages',
    profile: { ...profileOf(contact, from), ...identityKey(world, number, contact) },
    item,
    wamid,
    summary,
  };
  return { fields, update };
}

/** The ticks of a contact's own messages: two grey once the bot's webhook said 200, trouble until then. */
export function showAttempt(world: World, updates: readonly WebhookUpdate[], httpStatus: number | undefined): void {
  for (const update of updates) {
    const message = update.kind === 'messages' ? world.chats.find(update.wamid) : undefined;
    if (message === undefined) continue;
    if (httpStatus === 200) world.advance(message, 'delivered');
    else if (httpStatus === undefined)
      world.trouble(message, { code: 0, title: 'the bot did not answer, trying again' });
    else world.trouble(message, { code: httpStatus, title: `the bot answered HTTP ${httpStatus}, trying again` });
  }
}

/** The key is told while the number checks identities. */
function identityKey(
  world: World,
  { phoneNumberId }: SimulatedNumber,
  { identityKeyHash }: SimulatedContact,
): JsonObject {
  const isTold = identityKeyHash !== undefined && checksIdentity(world.state(phoneNumberId));
  return isTold ? { identity_key_hash: identityKeyHash } : {};
}

/** Whoever is blocked can write, and nobody hears of it. */
function isBlocked(world: World, { phoneNumberId }: SimulatedNumber, contactId: string): boolean {
  return world.state(phoneNumberId).blocked.has(contactId);
}

/** What a phone calls a file of a kind that came without a type. */
const USUAL_TYPES: { [kind in MediaKind]: string } = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
};

function takeFile(world: World, kind: MediaKind, { mediaId, data, mimeType }: GivenFile) {
  if (mediaId !== undefined) {
    const uploaded = world.media.get(mediaId);
    if (uploaded === undefined) throw new SimulatorError('unknown_media', 'no such file was uploaded');
    return { inMessage: world.media.inMessage(uploaded) };
  }
  if (data !== undefined) {
    const bytes = Buffer.from(data, 'base64');
    return { inMessage: world.media.inMessage(world.media.add(bytes, mimeType ?? USUAL_TYPES[kind])) };
  }
  const { bytes, mimeType: sampleType, filename } = sampleFile(kind, world.random);
  const inMessage = world.media.inMessage(world.media.add(bytes, mimeType ?? sampleType));
  return filename === undefined ? { inMessage } : { inMessage, filename };
}

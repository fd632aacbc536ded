import { z } from 'zod';
import { toErrorBody } from '../graph-error.js';
import type { JsonObject } from '../json.js';
import type { SimulatedContact, SimulatedNumber } from '../options.js';
import type { World } from '../world.js';
import { readParams, text } from './params.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './route.js';
import { onNumber, page } from './route.js';

/** A phone number, or a BSUID for whom none is known. */
const person = z
  .looseObject({ user: text(150).optional(), user_id: text(150).optional() })
  .transform(({ user, user_id: bsuid }) => user ?? bsuid ?? '')
  .refine((user) => user !== '', 'names nobody');

const params = z.looseObject({
  messaging_product: z.literal('whatsapp'),
  block_users: z.array(person).min(1, 'names nobody').max(1000, 'allows 1000 users'),
});

/**
 * Blocking: whoever is blocked can neither write nor be written to. Only who wrote within 24 h can be blocked; when some
 * cannot, the answer is an error that also says for whom it worked.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/block-users
 */
export function blockRoutes(world: World): GraphRoute[] {
  const path = '/:node/block_users';
  return [
    { method: 'get', path, handle: onNumber(world, (number, call) => list(world, number, call)) },
    { method: 'post', path, handle: onNumber(world, (number, { body }) => block(world, number, body)) },
    { method: 'delete', path, handle: onNumber(world, (number, { body }) => unblock(world, number, body)) },
  ];
}

function list(world: World, number: SimulatedNumber, call: GraphCall): GraphAnswer {
  const { blocked } = world.state(number.phoneNumberId);
  const people = [...blocked].flatMap((contactId) => {
    const contact = world.contacts.get(contactId);
    return contact === undefined ? [] : [{ messaging_product: 'whatsapp', ...idOf(contact) }];
  });
  return page(call, people);
}

function block(world: World, number: SimulatedNumber, body: JsonObject): GraphAnswer {
  const read = readParams(params, body);
  if ('fault' in read) return read;
  const { blocked } = world.state(number.phoneNumberId);
  const added: JsonObject[] = [];
  const failed: JsonObject[] = [];
  for (const user of read.params.block_users) {
    const contact = world.findContact(user);
    const chat = contact && { contactId: contact.contactId, phoneNumberId: number.phoneNumberId };
    if (contact === undefined || chat === undefined || !world.window.isOpen(chat)) {
      failed.push({
        input: user,
        errors: [toErrorBody({ code: 131_047, details: 'The user has not written lately.' })],
      });
      continue;
    }
    blocked.add(contact.contactId);
    added.push({ input: user, ...idOf(contact) });
  }
  const result: JsonObject = {
    messaging_product: 'whatsapp',
    block_users: { added_users: added, ...(failed.length === 0 ? {} : { failed_users: failed }) },
  };
  if (failed.length === 0) return { body: result };
  return { fault: { code: 139_100, details: 'Not all users could be blocked.' }, beside: result };
}

function unblock(world: World, number: SimulatedNumber, body: JsonObject): GraphAnswer {
  const read = readParams(params, body);
  if ('fault' in read) return read;
  const { blocked } = world.state(number.phoneNumberId);
  const removed = read.params.block_users.flatMap((user) => {
    const contact = world.findContact(user);
    return contact !== undefined && blocked.delete(contact.contactId) ? [{ input: user, ...idOf(contact) }] : [];
  });
  return { body: { messaging_product: 'whatsapp', block_users: { removed_users: removed } } };
}

function idOf({ waId, bsuid }: SimulatedContact): JsonObject {
  return waId === undefined ? { user_id: bsuid } : { wa_id: waId, user_id: bsuid };
}

import { hash } from 'node:crypto';
import type { Elsewhere, Recipient } from '../flow/elsewhere.js';
import type { FlowEffect } from '../flow/turn/turn.js';
import type { ContactIdentity } from '../inbound/event.js';
import type { InjectItem, NotifyItem } from '../inbound/item.js';

/** What a turn starts in a conversation: its own, or another of the same business number. */
export interface StartedElsewhere {
  to: Recipient | undefined;
  /** epoch ms; undefined: at once */
  atMs: number | undefined;
  /** names it among what is scheduled for that conversation */
  token: string;
  /** undefined takes back what is scheduled under the token */
  item: InjectItem | NotifyItem | undefined;
}

/**
 * An effect of the engine as what waits in an inbox.
 *
 * @param origin `<conversation>:<seq>:<n>`, unlike that of any other effect
 * @param hops how many turns in a row were started by the one before, at once: with this one
 */
export function startedElsewhere(
  { act, flow, step, blind }: Extract<FlowEffect, { effect: 'elsewhere' }>,
  origin: string,
  nowMs: number,
  hops: number,
): StartedElsewhere {
  const { to } = act;
  if (act.do === 'cancel') return { to, atMs: undefined, token: tokenOf(act.name), item: undefined };
  const { atMs, name } = act;
  const common = { acceptedMs: atMs ?? nowMs, origin, contact: identityOf(to) };
  const token = name === undefined ? `~${origin}` : tokenOf(name);
  return {
    to,
    atMs,
    token,
    item: itemOf(act, { ...common, flow, step, blind: blind === true }, atMs === undefined ? hops : 0),
  };
}

function itemOf(
  act: Exclude<Elsewhere, { do: 'cancel' }>,
  { flow, step, blind, ...common }: Omit<NotifyItem, 'kind' | 'messages'>,
  hops: number,
): InjectItem | NotifyItem {
  if (act.do === 'inject') return { kind: 'inject', ...common, text: act.text, data: act.data, hops };
  return { kind: 'notify', ...common, messages: act.messages, flow, step, blind };
}

/** A name may hold anything; a token goes into keys. */
function tokenOf(name: string): string {
  return `~${hash('sha256', name, 'base64url').slice(0, 22)}`;
}

function identityOf(to: Recipient | undefined): ContactIdentity {
  return to === undefined || 'contactId' in to ? {} : to;
}

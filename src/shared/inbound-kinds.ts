/**
 * What a contact, or Meta in its name, can send, by Meta's words, and whether it starts a turn when the endpoint says
 * nothing else. What we do not know counts as `unsupported`: the contact said something and waits.
 */
export const STARTS_TURN = {
  text: true,
  image: true,
  video: true,
  audio: true,
  document: true,
  sticker: true,
  location: true,
  contacts: true,
  interactive: true,
  button: true,
  order: true,
  unsupported: true,
  // The contact opened the chat, and the endpoint asked Meta to be told so that it can greet.
  request_welcome: true,
  // To what we said; an answer to a thumb is noise.
  reaction: false,
  // The number or user id changed: written by Meta, not by the contact.
  system: false,
  // What was said before, the bot has answered already.
  edit: false,
  revoke: false,
  // A setting, made outside the chat.
  user_preferences: false,
} as const satisfies { [kind: string]: boolean };

export type InboundKind = keyof typeof STARTS_TURN;

/** An endpoint's own choice for some of them. */
export type StartsTurn = { readonly [kind in InboundKind]?: boolean | undefined };

/** @param type Meta's `type`, which may be any string */
export function inboundKind(type: string): InboundKind {
  return isKnown(type) ? type : 'unsupported';
}

function isKnown(type: string): type is InboundKind {
  return Object.hasOwn(STARTS_TURN, type);
}

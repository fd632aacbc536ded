import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';
import { cutTo } from './cut.js';

/** One thing said in a session, as `llm` steps show it to a model. */
export const said = z.strictObject({ by: z.enum(['contact', 'bot']), text: z.string() });
export type Said = z.output<typeof said>;

/** A session is read and written with every message: what is kept in it is little. */
export const MAX_HISTORY = 20;
const MAX_SAID = 1000;

/** What a session remembers, with what this turn has added; the oldest is forgotten. */
export function remembering(before: readonly Said[], added: readonly Said[]): Said[] {
  return [...before, ...added].slice(-MAX_HISTORY);
}

/** What a contact's message says: of a tap its title, as a model knows nothing of ids. @returns nothing for a picture */
export function saidByContact({ text, data }: JsonObject): Said[] {
  const reply = isJsonObject(data) && isJsonObject(data.reply) ? data.reply.title : undefined;
  return asSaid('contact', reply ?? text);
}

export function saidByBot(content: MessageContent): Said[] {
  if ('text' in content) return asSaid('bot', content.text);
  return 'caption' in content ? asSaid('bot', content.caption) : [];
}

function asSaid(by: Said['by'], text: Json | undefined): Said[] {
  return typeof text === 'string' && text.trim() !== '' ? [{ by, text: cutTo(text, MAX_SAID) }] : [];
}

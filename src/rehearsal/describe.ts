import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';

/** Something that can be tapped. */
export interface Choice {
  id: string;
  title: string;
  description?: string;
  kind: 'button' | 'row' | 'template';
}

/**
 * A message in the words of flow files, so that tests and the terminal speak of it as its designer did: `text`,
 * `buttons`, `list` (all rows), `listButton`, `header`, `footer`, `image`, …. A kind of message that has no words of its
 * own here keeps the fields it has, under its own name.
 */
export function describeMessage(content: MessageContent): JsonObject {
  const { type, ...fields } = throughJson(content);
  switch (type) {
    case 'text':
    case 'buttons':
      return fields;
    case 'list': {
      const { sections, button, ...others } = fields;
      return { ...others, list: rowsOf(sections ?? null), listButton: button ?? null };
    }
    case 'reaction':
      return { react: fields.emoji ?? null };
    default: {
      const { text, ...own } = fields;
      const key = keyOf(content);
      return {
        ...own,
        ...(text === undefined ? {} : { text }),
        [key]: Object.hasOwn(own, key) ? (own[key] ?? null) : own,
      };
    }
  }
}

/** The key of `say` that makes such a message. */
function keyOf(content: MessageContent): string {
  if (content.type === 'reaction') return 'react';
  return content.type === 'audio' && content.voice === true ? 'voice' : content.type;
}

/** What a recorded test says of a message: its text alone, or with the ids of what can be tapped. */
export function shortly(content: MessageContent): Json {
  const described = describeMessage(content);
  const { text = null } = described;
  if (content.type === 'text') return text;
  if (content.type === 'buttons') return { text, buttons: idsOf(described.buttons) };
  if (content.type === 'list') return { text, list: idsOf(described.list) };
  const key = keyOf(content);
  const own = described[key] ?? null;
  return { ...(text === null ? {} : { text }), [key]: (isJsonObject(own) ? linkOf(own) : undefined) ?? own };
}

/** What can be tapped on a message, in its order; the cards of a carousel one after the other. */
export function choicesOf(content: MessageContent): Choice[] {
  switch (content.type) {
    case 'buttons':
      return content.buttons.map((button) => ({ ...button, kind: 'button' }));
    case 'list':
      return content.sections.flatMap(({ rows }) => rows.map((row) => ({ ...row, kind: 'row' as const })));
    case 'carousel':
      return content.cards.flatMap((card) =>
        'buttons' in card ? card.buttons.map((button) => ({ ...button, kind: 'button' as const })) : [],
      );
    case 'template':
      // The button's text belongs to the template, which Meta keeps; a send carries only its payload.
      return (content.buttons ?? []).flatMap((button) =>
        button.type === 'reply' ? [{ id: button.payload, title: button.payload, kind: 'template' as const }] : [],
      );
    default:
      return [];
  }
}

/** By any of these a map can be meant with one text. */
const NAMES = ['id', 'title', 'url', 'link', 'mediaId', 'text', 'name'] as const;

/** The texts a map may be named by in a test. */
export function namesOf(map: JsonObject): string[] {
  return NAMES.flatMap((key) => (typeof map[key] === 'string' ? [map[key]] : []));
}

function linkOf({ url, link, mediaId }: JsonObject): Json | undefined {
  return [url, link, mediaId].find((one) => typeof one === 'string');
}

function idsOf(value: Json | undefined): Json {
  return Array.isArray(value) ? value.map((item) => (isJsonObject(item) ? (item.id ?? null) : item)) : [];
}

function rowsOf(sections: Json): Json[] {
  if (!Array.isArray(sections)) return [];
  return sections.flatMap((section) => (isJsonObject(section) && Array.isArray(section.rows) ? section.rows : []));
}

function throughJson(content: MessageContent): JsonObject {
  return JSON.parse(JSON.stringify(content));
}

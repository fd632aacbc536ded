import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';

/** Something that can be tapped. */
export interface Choice {
  id: string;
  title: string;
  description?: string;
  kind: 'button' | 'row';
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
    default: {
      const { text, ...own } = fields;
      const named = { [String(type)]: Object.hasOwn(own, String(type)) ? (own[String(type)] ?? null) : own };
      return { ...(text === undefined ? {} : { text }), ...own, ...named };
    }
  }
}

/** What a recorded test says of a message: its text alone, or with the ids of what can be tapped. */
export function shortly(content: MessageContent): Json {
  const described = describeMessage(content);
  const { text = null } = described;
  if (content.type === 'text') return text;
  if (content.type === 'buttons') return { text, buttons: idsOf(described.buttons) };
  if (content.type === 'list') return { text, list: idsOf(described.list) };
  const own = described[content.type] ?? null;
  return { ...(text === null ? {} : { text }), [content.type]: nameOf(own) ?? own };
}

/** What can be tapped on a message, in its order. */
export function choicesOf(content: MessageContent): Choice[] {
  const found: Choice[] = [];
  const visit = (value: Json, kind: Choice['kind'] | undefined): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, kind);
    else if (isJsonObject(value)) {
      const { id, title, description } = value;
      if (kind !== undefined && typeof id === 'string' && typeof title === 'string') {
        found.push({ id, title, kind, ...(typeof description === 'string' ? { description } : {}) });
      }
      for (const [key, inner] of Object.entries(value)) visit(inner, KIND_OF.get(key));
    }
  };
  visit(throughJson(content), undefined);
  return found;
}

/** What lists of a message hold that can be tapped. */
const KIND_OF: ReadonlyMap<string, Choice['kind']> = new Map([
  ['buttons', 'button'],
  ['rows', 'row'],
]);

/** By any of these a map can be meant with one text. */
const NAMES = ['id', 'title', 'url', 'link', 'text', 'name'] as const;

/** The texts a map may be named by in a test. */
export function namesOf(map: JsonObject): string[] {
  return NAMES.flatMap((key) => (typeof map[key] === 'string' ? [map[key]] : []));
}

function nameOf(value: Json): string | undefined {
  if (!isJsonObject(value)) return undefined;
  return [value.url, value.link].find((one) => typeof one === 'string');
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

import type { ChatMessage } from './chats.js';
import { SimulatorError } from './errors.js';
import type { Json, JsonObject } from './json.js';
import { at, isJsonObject, present, stringAt } from './json.js';

/** What can be tapped on a message of the bot. */
interface Choice {
  kind: 'button' | 'row' | 'quick_reply';
  /** what the bot gets back */
  id: string;
  title: string;
  description?: string;
}

/**
 * What a tap on a button, row or quick reply carries: `type` and the object of that name.
 *
 * @param bubble what the bot sent, as the chat has it; undefined when it is gone
 * @param named its id, else its title
 * @throws SimulatorError when there is nothing of that name to tap
 */
export function tapOn(bubble: Pick<ChatMessage, 'message' | 'template'> | undefined, named: string): JsonObject {
  const choice = bubble === undefined ? undefined : findChoice(choicesOf(bubble), named);
  if (choice === undefined) throw new SimulatorError('unknown_choice', 'the message has no such button or row');
  const { id, title, description } = choice;
  switch (choice.kind) {
    case 'button':
      return { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id, title } } };
    case 'row':
      return {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: present({ id, title, description }) },
      };
    case 'quick_reply':
      return { type: 'button', button: { payload: id, text: title } };
  }
}

/** Scripts know what is shown; the id may be one that the bot made for this message alone. */
function findChoice(choices: readonly Choice[], named: string): Choice | undefined {
  return choices.find(({ id }) => id === named) ?? choices.find(({ title }) => title === named);
}

/** The buttons, rows or quick replies of a message the bot sent; empty when there are none. */
function choicesOf({ message, template }: Pick<ChatMessage, 'message' | 'template'>): Choice[] {
  const action = at(message, 'interactive', 'action');
  const buttons = listAt(action, 'buttons').map((button): Choice => {
    return {
      kind: 'button',
      id: stringAt(button, 'reply', 'id') ?? '',
      title: stringAt(button, 'reply', 'title') ?? '',
    };
  });
  const cardReplies = listAt(action, 'cards')
    .flatMap((card) => listAt(card, 'action', 'buttons'))
    .map((button): Choice => {
      const [id = '', title = ''] = [stringAt(button, 'quick_reply', 'id'), stringAt(button, 'quick_reply', 'title')];
      return { kind: 'button', id, title };
    });
  const rows = listAt(action, 'sections')
    .flatMap((section) => listAt(section, 'rows'))
    .map((row): Choice => {
      const description = stringAt(row, 'description');
      const title = { kind: 'row' as const, id: stringAt(row, 'id') ?? '', title: stringAt(row, 'title') ?? '' };
      return description === undefined ? title : { ...title, description };
    });
  return [...buttons, ...cardReplies, ...rows, ...(template === undefined ? payloadsOf(message) : repliesOf(template))];
}

/** A known template's quick replies, those of its cards too; one without a payload gives its own text back. */
function repliesOf(template: JsonObject): Choice[] {
  const cards = listAt(template, 'cards').flatMap((card) => listAt(card, 'buttons'));
  return [...listAt(template, 'buttons'), ...cards]
    .filter(({ type }) => type === 'QUICK_REPLY')
    .map((button): Choice => {
      const title = stringAt(button, 'text') ?? '';
      return { kind: 'quick_reply', id: stringAt(button, 'payload') ?? title, title };
    });
}

/** Of a template nobody knows there are only the payloads that were sent. */
function payloadsOf(message: JsonObject): Choice[] {
  const components = listAt(message, 'template', 'components');
  const cards = components.flatMap((part) => listAt(part, 'cards')).flatMap((card) => listAt(card, 'components'));
  return [...components, ...cards]
    .filter((part) => stringAt(part, 'sub_type') === 'quick_reply')
    .map((part): Choice => {
      const id = stringAt(part, 'parameters', 0, 'payload') ?? '';
      return { kind: 'quick_reply', id, title: id };
    });
}

function listAt(value: unknown, ...path: readonly PropertyKey[]): JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter((one: Json): one is JsonObject => isJsonObject(one)) : [];
}

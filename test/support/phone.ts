import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../src/shared/json.js';
import { saidIn } from './simulator.js';

/** The phone page of a simulator in another process, held by hand. */
export interface Phone {
  /** Taps what has this title under the bot's last message, else writes the text. */
  write(contact: string, bot: string, text: string): Promise<void>;
  /**
   * The bot's next message that was not asked for yet, in the order they came: its text, behind it the titles of what
   * can be tapped, in brackets.
   *
   * @throws when none comes
   */
  next(contact: string, bot: string): Promise<string>;
  /** names of the bots one can write to */
  bots(): Promise<string[]>;
}

interface State {
  numbers: { name: string; phoneNumberId: string }[];
  contacts: { name: string; contactId: string }[];
}
interface BotMessage {
  wamid: string;
  message: JsonObject;
}

const COMES_WITHIN_MS = 15_000;

/** @param url of the simulator; contacts go by their first names */
export function holdPhone(url: string): Phone {
  /** messages handed out, by chat */
  const seen = new Map<string, number>();

  async function call<T>(path: string, body?: object): Promise<T> {
    const init = body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await fetch(`${url}/sim${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`the simulator answered ${path} with ${response.status}: ${text}`);
    const answer: T = JSON.parse(text);
    return answer;
  }

  async function open(contact: string, bot: string) {
    const { numbers, contacts } = await call<State>('/state');
    const number = numbers.find(({ name }) => name === bot);
    const person = contacts.find(({ name }) => name.startsWith(`${contact} `));
    if (number === undefined || person === undefined) throw new Error(`there is no ${contact} or no ${bot}`);
    const path = `/contacts/${person.contactId}/messages`;
    const { phoneNumberId } = number;
    return {
      said: async () => (await call<{ data: BotMessage[] }>(`${path}?by=bot&phoneNumberId=${phoneNumberId}`)).data,
      act: (action: object) => call(path, { ...action, phoneNumberId }),
    };
  }

  return {
    async write(contact, bot, text) {
      const chat = await open(contact, bot);
      const last = (await chat.said()).at(-1);
      const option = last && tappable(last.message).find(({ title }) => title === text);
      await chat.act(option && last ? { type: 'tap', messageId: last.wamid, id: option.id } : { type: 'text', text });
    },
    async next(contact, bot) {
      const chat = await open(contact, bot);
      const at = seen.get(`${contact} ${bot}`) ?? 0;
      seen.set(`${contact} ${bot}`, at + 1);
      for (const deadlineMs = Date.now() + COMES_WITHIN_MS; Date.now() < deadlineMs; await sleep(50)) {
        const message = (await chat.said())[at];
        if (message === undefined) continue;
        return [saidIn(message), ...tappable(message.message).map(({ title }) => `[${title}]`)].join(' ');
      }
      throw new Error(`${bot} said nothing more to ${contact}`);
    },
    bots: async () => (await call<State>('/state')).numbers.map(({ name }) => name),
  };
}

function tappable(message: JsonObject): { id: string; title: string }[] {
  const found: { id: string; title: string }[] = [];
  JSON.stringify(message, (_key, value: unknown) => {
    if (isJsonObject(value) && typeof value.id === 'string' && typeof value.title === 'string')
      found.push({ id: value.id, title: value.title });
    return value;
  });
  return found;
}

import type { ChatMessage } from './chats.js';
import { SimulatorError } from './errors.js';
import type { World } from './world.js';

const DEFAULT_TIMEOUT_MS = 5_000;

export interface WaitOptions {
  /** only from this number; otherwise from any */
  phoneNumberId?: string;
  /** 5 s by default */
  timeoutMs?: number;
}

/** Hands out the bot's messages to a contact one after the other. */
export interface Waits {
  /**
   * The next message the contact got, each once and in order: one that came before the call is not missed.
   *
   * @throws SimulatorError `timeout` when none comes in time, `stopped` when the simulator stops first
   */
  nextBotMessage(contactId: string, options?: WaitOptions): Promise<ChatMessage>;
  stop(): void;
}

export function createWaits(world: World): Waits {
  /** highest `seq` handed out, for each contact and number asked for */
  const seen = new Map<string, number>();
  const waiting = new Set<(err: Error) => void>();
  world.bus.subscribe(({ event }) => {
    if (event === 'reset') seen.clear();
  });

  function take(contactId: string, phoneNumberId: string | undefined): ChatMessage | undefined {
    const key = `${contactId} ${phoneNumberId ?? '*'}`;
    const after = seen.get(key) ?? 0;
    const chat =
      phoneNumberId === undefined ? world.chats.ofContact(contactId) : world.chats.chat({ contactId, phoneNumberId });
    const found = chat.find((message) => message.by === 'bot' && message.seq > after);
    if (found !== undefined) seen.set(key, found.seq);
    return found;
  }

  return {
    nextBotMessage(contactId, { phoneNumberId, timeoutMs = DEFAULT_TIMEOUT_MS } = {}) {
      const ready = take(contactId, phoneNumberId);
      if (ready !== undefined) return Promise.resolve({ ...ready });
      return new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer);
          unsubscribe();
          waiting.delete(fail);
        };
        const fail = (err: Error): void => {
          end();
          reject(err);
        };
        const unsubscribe = world.bus.subscribe((event) => {
          if (event.event !== 'message' || event.message.contactId !== contactId) return;
          const found = take(contactId, phoneNumberId);
          if (found === undefined) return;
          end();
          resolve({ ...found });
        });
        const timer = setTimeout(
          () => fail(new SimulatorError('timeout', `the bot sent nothing within ${timeoutMs} ms`)),
          timeoutMs,
        );
        waiting.add(fail);
      });
    },
    stop() {
      for (const fail of [...waiting]) fail(new SimulatorError('stopped', 'the simulator was stopped'));
    },
  };
}

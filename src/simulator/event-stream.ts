import type { Request, Response } from 'express';
import type { SimulatorEvent } from './bus.js';
import { chatKey } from './chats.js';
import { stringAt } from './json.js';
import { concerns } from './wire-log.js';
import type { World } from './world.js';

/** Comments keep proxies and sleeping laptops from closing a quiet stream. */
const HEARTBEAT_MS = 15_000;

/** The streams that are open, so that stopping can end them. */
export interface EventStreams {
  /** `GET /sim/events?contactId=…&phoneNumberId=…` */
  serve(req: Request, res: Response): void;
  stop(): void;
}

/**
 * Server-sent events for the page. Each event's name is its kind, its data JSON. Who names a chat in the query holds the
 * phone with that chat open as long as the stream is: messages there are read when they arrive, and only that chat's
 * requests are sent. `hello` comes first.
 *
 * @param opened called when a stream opens a chat
 */
export function createEventStreams(
  world: World,
  opened: (chat: { contactId: string; phoneNumberId: string }) => void,
): EventStreams {
  /** what ends each, before its connection is gone */
  const open = new Map<Response, () => void>();
  return {
    serve(req, res) {
      const contactId = stringAt(req.query, 'contactId');
      const phoneNumberId = stringAt(req.query, 'phoneNumberId');
      const chat = contactId === undefined || phoneNumberId === undefined ? undefined : { contactId, phoneNumberId };
      res.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      const send = (name: string, data: unknown): void => {
        res.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      };
      res.write('retry: 1000\n\n');
      send('hello', {});
      const unsubscribe = world.bus.subscribe((event) => {
        if (isShown(event, chat)) send(event.event, dataOf(event));
      });
      const heartbeat = setInterval(() => res.write(': still here\n\n'), HEARTBEAT_MS);
      const closeChat = chat === undefined ? () => {} : world.open(chat);
      const leave = (): void => {
        open.delete(res);
        clearInterval(heartbeat);
        unsubscribe();
        closeChat();
      };
      open.set(res, leave);
      res.on('close', leave);
      if (chat !== undefined) opened(chat);
    },
    stop() {
      // Something may still happen before the connection is gone, and nothing may be written after the end.
      for (const [res, leave] of open) {
        leave();
        res.end();
      }
    },
  };
}

function isShown(event: SimulatorEvent, chat: { contactId: string; phoneNumberId: string } | undefined): boolean {
  return event.event !== 'wire' || chat === undefined || concerns(event.entry, chatKey(chat));
}

function dataOf(event: SimulatorEvent): unknown {
  switch (event.event) {
    case 'message':
      return event.message;
    case 'wire':
      return event.entry;
    case 'contact':
      return event.contact;
    default:
      return event;
  }
}

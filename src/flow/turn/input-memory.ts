import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import { dateFormat } from '../expressions/helpers.js';
import type { TurnInput, TurnRequest } from './turn.js';

/** The part of `input` that comes from outside: what a turn must keep while it waits for a call. */
export function receivedOf(input: TurnInput): JsonObject {
  if (input.kind !== 'message' && input.kind !== 'event')
    return { text: '', data: {}, attachments: [], type: input.kind };
  const { message } = input;
  return {
    text: message.text,
    data: message.data,
    attachments: message.attachments,
    type: message.type,
    messageId: message.messageId,
    ...(message.repliedTo === undefined ? {} : { repliedTo: message.repliedTo }),
    ...(message.referral === undefined ? {} : { referral: message.referral }),
    whatsapp: message.whatsapp,
  };
}

/** `input` as expressions see it. `currentTime` is worked out only when somebody asks for it. */
export function inputMemory(
  received: JsonObject,
  request: TurnRequest,
  language: string,
  execution: number,
  flow: string,
): JsonObject {
  const { nowMs, timeZone = 'UTC', sessionId, session, windowUntilMs = 0 } = request;
  return {
    ...received,
    sessionId: session?.id ?? sessionId,
    channel: 'whatsapp',
    execution,
    flow,
    language,
    // `until` is null for a contact that never wrote.
    window: { open: windowUntilMs > nowMs, until: windowUntilMs === 0 ? null : new Date(windowUntilMs).toISOString() },
    get currentTime(): JsonObject {
      return currentTime(nowMs, zoneOf(timeZone));
    },
  };
}

/** The id of a tapped button or row. */
export function tapOf(received: JsonObject): string | undefined {
  const { data } = received;
  const reply: Json | undefined = isJsonObject(data) ? data.reply : undefined;
  return isJsonObject(reply) && typeof reply.id === 'string' ? reply.id : undefined;
}

/** A zone that Node does not know would stop every turn of the endpoint. */
export function zoneOf(timeZone: string): string {
  try {
    dateFormat('en', { timeZone });
    return timeZone;
  } catch {
    return 'UTC';
  }
}

/** As in Cognigy's `input.currentTime`; `weekday` is 0 on Sundays. */
function currentTime(nowMs: number, timeZone: string): JsonObject {
  const parts = dateFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    weekday: 'long',
  }).formatToParts(nowMs);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(part(type));
  const dayOfWeek = part('weekday');
  return {
    year: number('year'),
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
    weekday: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'].indexOf(dayOfWeek),
    dayOfWeek,
    ISODate: new Date(nowMs).toISOString(),
  };
}

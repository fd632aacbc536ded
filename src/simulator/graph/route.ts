import type { GraphFault } from '../graph-error.js';
import type { JsonObject } from '../json.js';
import type { SimulatedNumber } from '../options.js';
import type { BrokenAnswer } from '../rules.js';
import type { World } from '../world.js';

/** A file of a multipart form. */
export interface FormFile {
  bytes: Buffer;
  mimeType: string;
  filename: string;
}

/** A Graph call whose token is good. */
export interface GraphCall {
  /** the path's first part behind the version */
  node: string;
  /** of the path's third part, a QR code */
  code: string | undefined;
  /** of this server, as the caller knows it: `http://127.0.0.1:4004` */
  origin: string;
  /** without query */
  path: string;
  /** JSON, or the fields of a form; parameters of the query stand here too */
  body: JsonObject;
  query: { [name: string]: string };
  file: FormFile | undefined;
  /** the body as it came */
  raw: Buffer;
  /** by lower-case name */
  headers: { [name: string]: string | string[] | undefined };
  /** whether it came with the app's own token */
  isApp: boolean;
}

/** When an answer leaves: late, after the statuses have arrived, or never. */
export type AnswerTime =
  | { afterMs: number; note: string }
  | { after: Promise<unknown>; note: string }
  | { never: true; note: string };

/** What a Graph call ends in, before it is written to the socket. `beside` stands in the body next to the error. */
export type GraphAnswer =
  | { body: JsonObject; when?: AnswerTime; broken?: BrokenAnswer }
  | { fault: GraphFault; note?: string; beside?: JsonObject }
  | { broken: BrokenAnswer };

export interface GraphRoute {
  method: 'get' | 'post' | 'delete';
  /** behind the version, `:node` first */
  path: string;
  handle(call: GraphCall): GraphAnswer | Promise<GraphAnswer>;
}

export const noSuchNode: GraphFault = {
  code: 100,
  subcode: 33,
  type: 'GraphMethodException',
  details:
    'The object does not exist, cannot be loaded due to missing permissions, or does not support this operation.',
};

export const success: GraphAnswer = { body: { success: true } };

export function refusal(code: number, details: string): { fault: GraphFault } {
  return { fault: { code, details } };
}

/** A route's handler that only a business number answers. */
export function onNumber(
  world: World,
  handle: (number: SimulatedNumber, call: GraphCall) => GraphAnswer | Promise<GraphAnswer>,
): GraphRoute['handle'] {
  return (call) => {
    const number = world.numbers.get(call.node);
    return number === undefined ? { fault: noSuchNode } : handle(number, call);
  };
}

/** A route's handler that only an account (WABA) answers; it gets the account's numbers. */
export function onAccount(
  world: World,
  handle: (
    account: { wabaId: string; numbers: readonly SimulatedNumber[] },
    call: GraphCall,
  ) => GraphAnswer | Promise<GraphAnswer>,
): GraphRoute['handle'] {
  return (call) => {
    const numbers = [...world.numbers.values()].filter(({ wabaId }) => wabaId === call.node);
    return numbers.length === 0 ? { fault: noSuchNode } : handle({ wabaId: call.node, numbers }, call);
  };
}

/** A list as Graph gives it: a page, with cursors to its ends, and a way on when there is more. */
export function page(call: GraphCall, items: readonly JsonObject[]): GraphAnswer {
  const limit = Math.min(Math.max(Number.parseInt(call.query.limit ?? '25', 10) || 25, 1), 1000);
  const after = cursorOf(call.query.after);
  const before = cursorOf(call.query.before);
  const start = after !== undefined ? after + 1 : before !== undefined ? Math.max(0, before - limit) : 0;
  const data = items.slice(start, start + limit);
  const end = start + data.length;
  if (data.length === 0) return { body: { data: [] } };
  const cursors = { before: toCursor(start), after: toCursor(end - 1) };
  const more = end < items.length ? { next: `${call.origin}${call.path}?limit=${limit}&after=${cursors.after}` } : {};
  return { body: { data, paging: { cursors, ...more } } };
}

const toCursor = (index: number): string => Buffer.from(`at:${index}`).toString('base64url');

function cursorOf(cursor: string | undefined): number | undefined {
  const index = cursor?.length ? /^at:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1] : undefined;
  return index === undefined ? undefined : Number(index);
}

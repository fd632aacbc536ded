import type { Router as ExpressRouter, Request, Response } from 'express';
import { Router, raw, text } from 'express';
import { chatKey } from './chats.js';
import type { GraphFault } from './graph-error.js';
import { titleOf, toGraphError } from './graph-error.js';
import { newTraceId } from './ids.js';
import type { Json, JsonObject } from './json.js';
import { at, isJsonObject, stringAt } from './json.js';
import { toMetaJson } from './meta-json.js';
import type { SimulatedNumber } from './options.js';
import type { AnswerTime, createMessageCalls, GraphAnswer } from './send-message.js';
import { isAppSecretProof, isSameSecret } from './signature.js';
import { takeUpload } from './upload.js';
import type { WireEntry } from './wire-log.js';
import type { World } from './world.js';

/** A Graph call whose token is good. */
interface GraphCall {
  node: string;
  body: JsonObject;
  query: { [name: string]: string };
  /** of this server, as the caller knows it */
  origin: string;
  /** of an upload, as it came */
  bytes: Buffer;
  contentType: string;
}

interface GraphRoute {
  method: 'get' | 'post' | 'delete';
  path: string;
  handle(call: GraphCall): GraphAnswer;
}

const MAX_BODY = '4mb';
/** Meta takes documents of 100 MB. */
const MAX_UPLOAD = '105mb';
const VERSION = /^v\d{1,2}\.\d$/;

/**
 * Meta's Graph API as far as a bot needs it: a table of routes behind the checks every call meets (version, token,
 * `appsecret_proof`). Anything else gets Graph's own answer for what does not exist, an HTTP 400.
 */
export function createGraphApi(world: World, messages: ReturnType<typeof createMessageCalls>): ExpressRouter {
  const routes: GraphRoute[] = [
    {
      method: 'post',
      path: '/:version/:node/messages',
      handle: (call) => onNumber(call, (number) => messages.post(number, call.body)),
    },
    { method: 'get', path: '/:version/:node', handle: readNode },
    {
      method: 'delete',
      path: '/:version/:node',
      handle: ({ node }) => (world.media.delete(node) ? { body: { success: true } } : { fault: noSuchNode }),
    },
  ];

  function readNode(call: GraphCall): GraphAnswer {
    const media = world.media.get(call.node);
    if (media !== undefined) return { body: world.media.asNode(media, call.origin) };
    return onNumber(call, (number) => readNumber(number, call.query.fields));
  }

  function onNumber(call: GraphCall, handle: (number: SimulatedNumber) => GraphAnswer): GraphAnswer {
    const number = world.numbers.get(call.node);
    if (number === undefined) return { fault: noSuchNode };
    const code = world.faults.strikesWith({ phoneNumberId: number.phoneNumberId }, 'call');
    if (code !== undefined) return { fault: { code, details: titleOf(code) }, note: 'fault' };
    return handle(number);
  }

  function refuse(req: Request, version: string, body: JsonObject): GraphFault | undefined {
    if (!VERSION.test(version)) return { code: 2500, details: 'The path needs a version, as in v25.0.' };
    const token = req.get('authorization')?.match(/^Bearer\s+(\S+)$/i)?.[1] ?? stringAt(req.query, 'access_token');
    if (token === undefined) return { code: 104, details: titleOf(104) };
    if (!isSameSecret(token, world.options.accessToken)) return { code: 190, details: 'Cannot parse access token' };
    const proof = stringAt(req.query, 'appsecret_proof') ?? stringAt(body, 'appsecret_proof');
    if (proof !== undefined && !isAppSecretProof(proof, token, world.options.appSecret)) {
      return {
        code: 100,
        type: 'GraphMethodException',
        details: 'Invalid appsecret_proof provided in the API argument',
      };
    }
    return undefined;
  }

  function answer(req: Request, res: Response, handle: (call: GraphCall) => GraphAnswer): void {
    const [, version = '', node = ''] = req.path.split('/');
    const call = {
      node,
      body: bodyOf(req),
      query: queryOf(req),
      origin: `${req.protocol}://${req.get('host') ?? ''}`,
      bytes: Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0),
      contentType: req.get('content-type') ?? '',
    };
    const entry = world.wire.begin(describe(req, call));
    const fault = refuse(req, version, call.body);
    const result: GraphAnswer = fault === undefined ? handle(call) : { fault };
    if ('fault' in result) {
      const { status, body } = toGraphError(result.fault, newTraceId(world.random));
      world.wire.end(entry, {
        httpStatus: status,
        response: body,
        ...(result.note === undefined ? {} : { note: result.note }),
      });
      write(res, status, body);
      return;
    }
    if (result.when !== undefined) {
      answerLater(res, entry, result.body, result.when);
      return;
    }
    world.wire.end(entry, { httpStatus: 200, response: result.body });
    write(res, 200, result.body);
  }

  function answerLater(res: Response, entry: WireEntry, body: JsonObject, when: AnswerTime): void {
    const note = { note: when.note };
    let isOver = false;
    const once = (end: () => void) => (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      end();
    };
    const send = once(() => {
      world.wire.end(entry, { httpStatus: 200, response: body, ...note });
      write(res, 200, body);
    });
    const cut = once(() => {
      world.wire.end(entry, { failure: 'never answered', ...note });
      res.destroy();
    });
    const isNever = 'never' in when;
    const limitMs = isNever
      ? world.timing.noAnswerMs
      : 'afterMs' in when
        ? when.afterMs
        : world.timing.earlyStatusWaitMs;
    const cancel = world.timers.after(limitMs, isNever ? cut : send);
    if ('after' in when) void when.after.then(send);
    res.on('close', cut);
  }

  /** The request as the wire view shows it: with its chat, when one can be told, and without its token. */
  function describe(req: Request, { node, body }: Pick<GraphCall, 'node' | 'body'>): Omit<WireEntry, 'id' | 'atMs'> {
    const number = world.numbers.get(node);
    const token = req.get('authorization');
    return {
      direction: 'graph',
      phoneNumberId: number?.phoneNumberId,
      chats: number === undefined ? [] : chatsOf(number, body),
      method: req.method,
      url: req.path,
      summary: summaryOf(req.method, body),
      headers: token === undefined ? {} : { Authorization: 'Bearer ***' },
      ...(req.method === 'GET' ? {} : { request: body }),
    };
  }

  function chatsOf(number: SimulatedNumber, body: JsonObject): string[] {
    const { phoneNumberId } = number;
    const read = world.chats.find(stringAt(body, 'message_id') ?? '');
    const to = stringAt(body, 'to');
    const contactId =
      read?.contactId ?? messages.findRecipient({ to, recipient: stringAt(body, 'recipient') })?.contactId;
    return contactId === undefined ? [] : [chatKey({ contactId, phoneNumberId })];
  }

  const router = Router();
  router.get('/media/:token', (req, res) => {
    const media = world.media.byToken(req.params.token);
    const token = req.get('authorization')?.match(/^Bearer\s+(\S+)$/i)?.[1] ?? '';
    if (media === undefined || !isSameSecret(token, world.options.accessToken)) {
      res.status(404).type('text/plain').send('Not found');
      return;
    }
    res.type(media.mimeType).send(media.bytes);
  });
  router.post('/:version/:node/media', raw({ type: () => true, limit: MAX_UPLOAD }), (req: Request, res: Response) =>
    answer(req, res, (call) => onNumber(call, () => takeUpload(world.media, call.bytes, call.contentType))),
  );
  // Bodies are read as text: what is no JSON is a call without parameters for Graph, and gets Graph's answer.
  const readBody = text({ type: () => true, limit: MAX_BODY });
  for (const { method, path, handle } of routes) {
    router[method](path, readBody, (req: Request, res: Response) => answer(req, res, handle));
  }
  router.use(readBody, (req: Request, res: Response) => answer(req, res, () => ({ fault: noSuchNode })));
  return router;
}

const noSuchNode: GraphFault = {
  code: 100,
  subcode: 33,
  type: 'GraphMethodException',
  details:
    'The object does not exist, cannot be loaded due to missing permissions, or does not support this operation.',
};

/** `GET /{phone-number-id}?fields=…`; `id` is always there, as with any node. */
function readNumber(number: SimulatedNumber, fields: string | undefined): GraphAnswer {
  const node: JsonObject = {
    verified_name: number.name,
    code_verification_status: 'VERIFIED',
    display_phone_number: number.displayPhoneNumber,
    quality_rating: 'GREEN',
    platform_type: 'CLOUD_API',
    throughput: { level: 'STANDARD' },
    status: 'CONNECTED',
    name_status: 'APPROVED',
  };
  const asked = fields?.split(',').map((field) => field.trim());
  const unknown = asked?.find((field) => field !== 'id' && !Object.hasOwn(node, field));
  if (unknown !== undefined) {
    return {
      fault: { code: 100, details: 'Tried accessing nonexisting field on node type (WhatsAppBusinessPhoneNumber)' },
    };
  }
  const chosen = Object.entries(node).filter(([name]) => asked === undefined || asked.includes(name));
  return { body: { ...Object.fromEntries(chosen), id: number.phoneNumberId } };
}

function write(res: Response, status: number, body: JsonObject): void {
  if (res.destroyed) return;
  res.status(status).set('content-type', 'application/json; charset=UTF-8').end(toMetaJson(body));
}

function bodyOf(req: Request): JsonObject {
  if (typeof req.body !== 'string') return {};
  try {
    const parsed: Json = JSON.parse(req.body);
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function queryOf(req: Request): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(req.query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

function summaryOf(method: string, body: JsonObject): string {
  if (method === 'GET') return 'read';
  if (Object.hasOwn(body, 'status'))
    return at(body, 'typing_indicator') === undefined ? 'mark read' : 'mark read, typing';
  const type = stringAt(body, 'type') ?? 'text';
  return stringAt(body, type, 'type') === undefined ? type : `${type} ${stringAt(body, type, 'type')}`;
}

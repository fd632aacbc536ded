import type { Router as ExpressRouter, Request, RequestHandler, Response } from 'express';
import { Router, raw } from 'express';
import { isUsuallyProcessed, writeBroken } from './broken-answers.js';
import { chatKey } from './chats.js';
import { accountRoutes, readAccount } from './graph/account-calls.js';
import { appRoutes, debugToken } from './graph/app-calls.js';
import { blockRoutes } from './graph/block-users.js';
import { encryptionRoutes } from './graph/encryption-calls.js';
import { continueUpload, mediaRoutes, readMedia, uploadState } from './graph/media-calls.js';
import { changeNumber, numberRoutes, readNumber } from './graph/number-calls.js';
import { profileRoutes } from './graph/profile-calls.js';
import { qrRoutes } from './graph/qr-calls.js';
import { readGraphBody } from './graph/read-body.js';
import { readUpload } from './graph/read-upload.js';
import type { AnswerTime, GraphAnswer, GraphCall, GraphRoute } from './graph/route.js';
import { noSuchNode, onNumber, success } from './graph/route.js';
import { settingsRoutes } from './graph/settings-calls.js';
import { editTemplate, readTemplate, templateRoutes } from './graph/template-calls.js';
import { setUsage } from './graph/usage.js';
import type { GraphFault } from './graph-error.js';
import { titleOf, toGraphError } from './graph-error.js';
import { newTraceId } from './ids.js';
import type { JsonObject } from './json.js';
import { at, stringAt } from './json.js';
import { MEDIA_LIMITS } from './media-limits.js';
import { toMetaJson } from './meta-json.js';
import type { SimulatedNumber } from './options.js';
import { MANAGEMENT_BUDGET } from './rate.js';
import type { CallOutcome } from './rules.js';
import type { createMessageCalls } from './send-message.js';
import { isAppSecretProof, isSameSecret } from './signature.js';
import type { WireEntry } from './wire-log.js';
import type { World } from './world.js';

const MAX_BODY = '4mb';
/** A document of 100 MB and the form around it. */
const MAX_UPLOAD = '105mb';
const VERSION = /^v(\d{1,2})\.\d$/;
const LOOKS_LIKE_VERSION = /^\/v\d+\.\d+\//;
/** A call without a version gets the oldest live one. */
const UNNAMED_VERSION = 'v21.0';
/** Calls with an older version are served as if they had the oldest live one; newer ones do not exist. */
const NEWEST_VERSION = 26;

/**
 * Meta's Graph API as far as a bot needs it: a table of routes behind the checks every call meets (version, token,
 * `appsecret_proof`, injected trouble). Anything else gets Graph's own answer for what does not exist, an HTTP 400.
 */
export function createGraphApi(world: World, messages: ReturnType<typeof createMessageCalls>): ExpressRouter {
  const routes: GraphRoute[] = [
    {
      method: 'post',
      path: '/:node/messages',
      handle: onNumber(world, (number, { body }) => messages.post(number, body)),
    },
    {
      method: 'post',
      path: '/:node/marketing_messages',
      handle: onNumber(world, (number, { body }) => messages.postMarketing(number, body)),
    },
    ...mediaRoutes(world),
    ...templateRoutes(world),
    ...numberRoutes(world),
    ...profileRoutes(world),
    ...settingsRoutes(world),
    ...encryptionRoutes(world, messages.post),
    ...qrRoutes(world),
    ...blockRoutes(world),
    ...appRoutes(world),
    ...accountRoutes(world),
    { method: 'get', path: '/:node', handle: (call) => readNode(call) },
    { method: 'post', path: '/:node', handle: (call) => changeNode(call) },
    {
      method: 'delete',
      path: '/:node',
      handle: ({ node }) => (world.media.remove(node) ? success : { fault: noSuchNode }),
    },
  ];

  function readNode(call: GraphCall): GraphAnswer {
    if (call.node === 'debug_token') return debugToken(world, call);
    const number = world.numbers.get(call.node);
    if (number !== undefined) return readNumber(world, number, call);
    return (
      readMedia(world, call) ??
      readTemplate(world, call) ??
      uploadState(world, call) ??
      readAccount(world, call) ?? { fault: noSuchNode }
    );
  }

  function changeNode(call: GraphCall): GraphAnswer | Promise<GraphAnswer> {
    const number = world.numbers.get(call.node);
    if (number !== undefined) return changeNumber(world, number, call.body);
    const template = world.templates.byId(call.node);
    if (template !== undefined) return editTemplate(world, template, call.body);
    return continueUpload(world, call);
  }

  /** @returns why the call is not let in; `isApp` for the app's own token */
  function admit(req: Request, version: string, body: JsonObject): { isApp: boolean } | { fault: GraphFault } {
    const major = Number(VERSION.exec(version)?.[1] ?? 0);
    if (major === 0 || major > NEWEST_VERSION) {
      return { fault: { code: 2500, details: 'The path needs a version, as in v25.0.' } };
    }
    const token = req.get('authorization')?.match(/^(?:Bearer|OAuth)\s+(\S+)$/i)?.[1] ?? tokenIn(req.query, body);
    if (token === undefined) return { fault: { code: 104, details: titleOf(104) } };
    const { accessToken, appId, appSecret } = world.options;
    const isApp = isSameSecret(token, `${appId}|${appSecret}`);
    if (!isApp && !isSameSecret(token, accessToken)) {
      return { fault: { code: 190, details: 'Cannot parse access token' } };
    }
    const proof = stringAt(req.query, 'appsecret_proof') ?? stringAt(body, 'appsecret_proof');
    if (proof !== undefined && !isAppSecretProof(proof, token, appSecret)) {
      const details = 'Invalid appsecret_proof provided in the API argument';
      return { fault: { code: 100, type: 'GraphMethodException', details } };
    }
    return { isApp };
  }

  /** Trouble somebody asked for, and the limit of management calls; sends have limits of their own. */
  function trouble(call: GraphCall, path: string): CallOutcome | undefined {
    const phoneNumberId = world.numbers.has(call.node) ? call.node : undefined;
    const to = { to: stringAt(call.body, 'to'), recipient: stringAt(call.body, 'recipient') };
    const contactId = phoneNumberId === undefined ? undefined : world.findRecipient(to)?.contactId;
    const asked = world.strike('call', { phoneNumberId, contactId, path, text: JSON.stringify(call.body) });
    if (asked !== undefined) return asked;
    const isSend = /\/(?:messages|marketing_messages|messages_encrypted)$/.test(path);
    const account = world.numbers.get(call.node)?.wabaId ?? call.node;
    const isTooMany = world.settings.rateModel && !isSend && !world.limiter.take(`calls ${account}`, MANAGEMENT_BUDGET);
    return isTooMany ? { code: 80_007, regainMinutes: 1 } : undefined;
  }

  async function answer(req: Request, res: Response, handle: GraphRoute['handle']): Promise<void> {
    const [, version = '', node = '', , code] = req.path.split('/');
    const bytes = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    const isPiece = req.method === 'POST' && isUpload(req);
    const { body, file } = isPiece ? { body: {} } : await readGraphBody(bytes, req.get('content-type'));
    const query = queryOf(req);
    const { access_token: _token, appsecret_proof: _proof, ...params } = query;
    const call: GraphCall = {
      node: decodeURIComponent(node),
      code,
      origin: `${req.protocol}://${req.get('host') ?? ''}`,
      path: req.path,
      body: { ...params, ...body },
      query,
      file,
      raw: bytes,
      headers: req.headers,
      isApp: false,
    };
    const shown = file === undefined ? body : { ...body, file: `${file.bytes.length} bytes of ${file.mimeType}` };
    const entry = world.wire.begin(describe(req, call, shown));
    const admitted = admit(req, version, call.body);
    if ('fault' in admitted) {
      writeFault(res, entry, { fault: admitted.fault }, call);
      return;
    }
    const asked = trouble(call, req.path);
    if (asked !== undefined && 'code' in asked) {
      writeFault(res, entry, { fault: { details: titleOf(asked.code), ...asked }, note: 'fault' }, call);
      return;
    }
    const broken = asked !== undefined && 'answer' in asked ? asked : undefined;
    const isDone = broken === undefined || (broken.processed ?? isUsuallyProcessed(broken.answer));
    const result = isDone ? await handle({ ...call, isApp: admitted.isApp }) : { broken: broken.answer };
    const delayMs = asked !== undefined && 'delayMs' in asked ? asked.delayMs : undefined;
    const when: AnswerTime | undefined =
      delayMs !== undefined ? { afterMs: delayMs, note: 'slow' } : 'when' in result ? result.when : undefined;
    writeWhen(res, entry, when, () => writeResult(res, entry, result, call, broken?.answer));
  }

  function writeResult(
    res: Response,
    entry: WireEntry,
    result: GraphAnswer,
    call: GraphCall,
    brokenBy: Extract<CallOutcome, { answer: unknown }>['answer'] | undefined,
  ): void {
    if ('fault' in result) {
      writeFault(res, entry, result, call);
      return;
    }
    setUsage(res, accountOf(call.node), 0);
    const body = 'body' in result ? result.body : { success: true };
    const broken = brokenBy ?? result.broken;
    if (broken === undefined) {
      world.wire.end(entry, { httpStatus: 200, response: body });
      write(res, 200, body);
      return;
    }
    const httpStatus = writeBroken(res, broken, body);
    world.wire.end(entry, {
      note: `fault: ${broken}`,
      ...(httpStatus === undefined ? { failure: 'connection reset' } : { httpStatus }),
    });
  }

  function writeFault(
    res: Response,
    entry: WireEntry,
    { fault, note, beside }: Extract<GraphAnswer, { fault: GraphFault }>,
    { node }: GraphCall,
  ): void {
    const { status, body } = toGraphError(fault, newTraceId(world.random));
    const whole = { ...beside, ...body };
    world.wire.end(entry, { httpStatus: status, response: whole, ...(note === undefined ? {} : { note }) });
    setUsage(res, accountOf(node), fault.regainMinutes ?? (isThrottle(fault.code) ? 1 : 0));
    write(res, status, whole);
  }

  const accountOf = (node: string): string => world.numbers.get(node)?.wabaId ?? node;

  function writeWhen(res: Response, entry: WireEntry, when: AnswerTime | undefined, send: () => void): void {
    if (when === undefined) {
      send();
      return;
    }
    const note = { note: when.note };
    let isOver = false;
    const once = (end: () => void) => (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      end();
    };
    const sendOnce = once(() => {
      send();
      world.wire.end(entry, note);
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
    const cancel = world.timers.after(limitMs, isNever ? cut : sendOnce);
    if ('after' in when) void when.after.then(sendOnce);
    res.on('close', cut);
  }

  /** The request as the wire view shows it: with its chat, when one can be told, and without its token. */
  function describe(req: Request, { node, body }: GraphCall, shown: JsonObject): Omit<WireEntry, 'id' | 'atMs'> {
    const number = world.numbers.get(node);
    const token = req.get('authorization');
    return {
      direction: 'graph',
      phoneNumberId: number?.phoneNumberId,
      chats: number === undefined ? [] : chatsOf(number, body),
      method: req.method,
      url: req.path,
      summary: summaryOf(req, body, kindOf(node)),
      headers: token === undefined ? {} : { Authorization: 'Bearer ***' },
      ...(req.method === 'GET' ? {} : { request: masked(shown) }),
    };
  }

  /** What a node is, in a word; empty for what is none of ours. */
  function kindOf(node: string): string {
    if (world.numbers.has(node)) return 'number';
    if (world.media.get(node) !== undefined) return 'file';
    return world.templates.byId(node) === undefined ? '' : 'template';
  }

  function chatsOf(number: SimulatedNumber, body: JsonObject): string[] {
    const { phoneNumberId } = number;
    const read = world.chats.find(stringAt(body, 'message_id') ?? '');
    const to = { to: stringAt(body, 'to'), recipient: stringAt(body, 'recipient') };
    const contactId = read?.contactId ?? world.findRecipient(to)?.contactId;
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
    res.set('content-type', media.mimeType).send(media.bytes);
  });
  // Anybody may see it, as with Meta.
  router.get('/pictures/:name', (req, res) => {
    const picture = world.media.shown(req.params.name);
    if (picture === undefined) res.status(404).type('text/plain').send('Not found');
    else res.set('content-type', picture.mimeType).send(picture.bytes);
  });
  router.use((req, _res, next) => {
    if (!LOOKS_LIKE_VERSION.test(req.url)) req.url = `/${UNNAMED_VERSION}${req.url}`;
    next();
  });
  const readBody = raw({ type: () => true, limit: MAX_BODY });
  const readForm = raw({ type: () => true, limit: MAX_UPLOAD });
  const readPiece = readUpload(MEDIA_LIMITS.document.maxBytes);
  const readPost: RequestHandler = (req, res, next) => (isUpload(req) ? readPiece : readBody)(req, res, next);
  for (const { method, path, handle } of routes) {
    const read =
      method !== 'post' ? readBody : path === '/:node/media' ? readForm : path === '/:node' ? readPost : readBody;
    router[method](`/:version${path}`, read, (req: Request, res: Response) => answer(req, res, handle));
  }
  router.use(readBody, (req: Request, res: Response) => answer(req, res, () => ({ fault: noSuchNode })));
  return router;
}

const isUpload = (req: Request): boolean => String(req.params.node).startsWith('upload:');

const isThrottle = (code: number): boolean => code === 4 || code === 80_007;

function write(res: Response, status: number, body: JsonObject): void {
  if (res.destroyed) return;
  res.status(status).set('content-type', 'application/json; charset=UTF-8').end(toMetaJson(body));
}

function queryOf(req: Request): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(req.query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

function tokenIn(query: unknown, body: JsonObject): string | undefined {
  return stringAt(query, 'access_token') ?? stringAt(body, 'access_token');
}

const SECRET_KEYS = ['access_token', 'appsecret_proof', 'verify_token', 'pin'];

/** What a call carries, without what nobody should see. */
function masked(body: JsonObject): JsonObject {
  const shown: JsonObject = { ...body };
  for (const key of SECRET_KEYS) if (shown[key] !== undefined) shown[key] = '***';
  const override = shown.webhook_configuration;
  if (at(override, 'verify_token') !== undefined && typeof override === 'object' && !Array.isArray(override)) {
    shown.webhook_configuration = { ...override, verify_token: '***' };
  }
  return shown;
}

function summaryOf(req: Request, body: JsonObject, kind: string): string {
  const [, , , edge = kind] = req.path.split('/');
  // Not 'read': that is what becomes of messages.
  if (edge !== 'messages') return [req.method === 'GET' ? 'look up' : req.method.toLowerCase(), edge].join(' ').trim();
  if (Object.hasOwn(body, 'status'))
    return at(body, 'typing_indicator') === undefined ? 'mark read' : 'mark read, typing';
  const type = stringAt(body, 'type') ?? 'text';
  return stringAt(body, type, 'type') === undefined ? type : `${type} ${stringAt(body, type, 'type')}`;
}

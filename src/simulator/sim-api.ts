import type { Router as ExpressRouter, Request, Response } from 'express';
import { json, Router } from 'express';
import { z } from 'zod';
import { chatKey } from './chats.js';
import type { Simulator } from './control.js';
import { SimulatorError } from './errors.js';
import type { FaultDefinition, FaultId } from './faults.js';
import { FAULT_IDS, FAULTS, isFaultId } from './faults.js';
import { stringAt } from './json.js';
import { PhoneAction } from './phone-actions.js';
import type { SimRoute } from './sim-route.js';
import { param, parse } from './sim-route.js';
import { tellRoutes } from './sim-tell-routes.js';
import type { StatusMode } from './statuses.js';
import { STATUS_MODES } from './statuses.js';
import type { World } from './world.js';

const onNumber = z.object({ phoneNumberId: z.string().optional() });
const contactSchema = z.strictObject({
  contactId: z.string().regex(/^[\w-]{1,64}$/, 'letters, digits, _ and -'),
  name: z.string().min(1),
  waId: z
    .string()
    .regex(/^\d{5,20}$/, 'digits without plus')
    .exactOptional(),
  bsuid: z.string().regex(/^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/, 'as in US.1349'),
  username: z.string().min(1).exactOptional(),
  parentBsuid: z
    .string()
    .regex(/^[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}$/, 'as in US.ENT.1349')
    .exactOptional(),
  hidesNumber: z.boolean().exactOptional(),
  withheldAs: z.enum(['omitted', 'empty', 'bsuid']).exactOptional(),
  identityKeyHash: z.string().min(1).exactOptional(),
});
const times = z.int().min(1).optional();
const modes = Object.keys(STATUS_MODES) as [StatusMode, ...StatusMode[]];

/**
 * The API of the simulator itself, JSON under `/sim`. It serves tests and the page. Requests that change something must be
 * `application/json`, which a foreign web page cannot send without asking.
 *
 * | call | does |
 * |---|---|
 * | `GET /sim/state` | numbers, contacts, faults, settings |
 * | `GET /sim/contacts/:contactId/messages?phoneNumberId=&by=` | a contact's chat, oldest first, `by=bot` or `contact` |
 * | `POST /sim/contacts/:contactId/messages` | the contact does something: a `PhoneAction`, plus `phoneNumberId` |
 * | `POST /sim/batches` | `{ acts: [{ contactId, phoneNumberId?, action }] }` in one webhook |
 * | `POST /sim/contacts` | adds a contact, or replaces it |
 * | `PUT /sim/numbers/:phoneNumberId/faults/:faultId` | `{ on, times? }` |
 * | `POST /sim/errors` | `{ code, via, phoneNumberId?, contactId?, times? }`: any of Meta's error codes |
 * | `PUT /sim/settings` | `{ statusMode?, rateModel?, webhookUrl? }` |
 * | `POST /sim/webhook/verify` | runs the GET handshake: `{ phoneNumberId? }` |
 * | `GET /sim/wire?contactId=&phoneNumberId=` | requests in both directions |
 * | `GET /sim/media/:mediaId` | the bytes of a picture, for the page |
 * | `GET /sim/events` | server-sent events, see `event-stream.ts` |
 * | `POST /sim/reset` | forgets chats, faults and the wire log |
 *
 * Errors: `{ error: { code, message } }` with 400, 404 or 415.
 */
export function createSimApi(
  world: World,
  simulator: Simulator,
  events: (req: Request, res: Response) => void,
): ExpressRouter {
  const routes: SimRoute[] = [
    { method: 'get', path: '/state', handle: () => stateOf(world) },
    {
      method: 'get',
      path: '/contacts/:contactId/messages',
      handle: (req) => {
        const { contactId } = world.contact(param(req, 'contactId'));
        const phoneNumberId = stringAt(req.query, 'phoneNumberId');
        const by = stringAt(req.query, 'by');
        const chat =
          phoneNumberId === undefined
            ? world.chats.ofContact(contactId)
            : world.chats.chat({ contactId, phoneNumberId });
        return { data: chat.filter((message) => by === undefined || message.by === by) };
      },
    },
    {
      method: 'post',
      path: '/contacts/:contactId/messages',
      handle: (req) => {
        const { phoneNumberId, ...action } = parse(z.looseObject(onNumber.shape), req.body);
        const { messages } = simulator.act([
          { contactId: param(req, 'contactId'), phoneNumberId, action: parse(PhoneAction, action) },
        ]);
        return { data: messages };
      },
    },
    {
      method: 'post',
      path: '/batches',
      handle: (req) => {
        const one = z.strictObject({
          contactId: z.string(),
          phoneNumberId: z.string().optional(),
          action: PhoneAction,
        });
        const { acts } = parse(z.strictObject({ acts: z.array(one).min(1).max(1000) }), req.body);
        return { data: simulator.act(acts).messages };
      },
    },
    {
      method: 'post',
      path: '/contacts',
      handle: (req) => {
        simulator.addContact(parse(contactSchema, req.body));
      },
    },
    {
      method: 'put',
      path: '/numbers/:phoneNumberId/faults/:faultId',
      handle: (req) => {
        const faultId = param(req, 'faultId');
        if (!isFaultId(faultId)) throw new SimulatorError('bad_request', 'no such fault');
        const { on, times: howOften } = parse(z.strictObject({ on: z.boolean(), times }), req.body);
        simulator.setFault(faultId, on, {
          phoneNumberId: param(req, 'phoneNumberId'),
          ...(howOften === undefined ? {} : { times: howOften }),
        });
      },
    },
    {
      method: 'post',
      path: '/errors',
      handle: (req) => {
        const error = parse(
          z.strictObject({
            code: z.int().min(0),
            via: z.enum(['call', 'send', 'status']),
            phoneNumberId: z.string().exactOptional(),
            contactId: z.string().exactOptional(),
            times: z.int().min(1).exactOptional(),
          }),
          req.body,
        );
        simulator.injectError(error);
      },
    },
    {
      method: 'put',
      path: '/settings',
      handle: (req) => {
        const { statusMode, rateModel, webhookUrl, webhookVersion } = parse(
          z.strictObject({
            statusMode: z.enum(modes).optional(),
            rateModel: z.boolean().optional(),
            webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
            webhookVersion: z
              .string()
              .regex(/^v2[3-6]\.0$/, 'v23.0 to v26.0')
              .optional(),
          }),
          req.body,
        );
        if (statusMode !== undefined) simulator.setStatusMode(statusMode);
        if (rateModel !== undefined) simulator.setRateModel(rateModel);
        if (webhookUrl !== undefined) simulator.setWebhookUrl(webhookUrl);
        if (webhookVersion !== undefined) simulator.setWebhookVersion(webhookVersion);
      },
    },
    {
      method: 'post',
      path: '/webhook/verify',
      handle: (req) => simulator.verifyWebhook(parse(onNumber, req.body ?? {}).phoneNumberId),
    },
    {
      method: 'get',
      path: '/wire',
      handle: (req) => {
        const contactId = stringAt(req.query, 'contactId');
        const phoneNumberId = stringAt(req.query, 'phoneNumberId');
        const key =
          contactId === undefined || phoneNumberId === undefined ? undefined : chatKey({ contactId, phoneNumberId });
        return { data: world.wire.list(key) };
      },
    },
    ...tellRoutes(simulator.tell),
    { method: 'post', path: '/reset', handle: () => simulator.reset() },
  ];

  const router = Router();
  router.get('/events', events);
  router.get('/media/:mediaId', (req, res) => {
    const media = world.media.get(req.params.mediaId);
    if (media === undefined) throw new SimulatorError('unknown_message', 'no such media');
    res.type(media.mimeType).set('cache-control', 'private, max-age=3600').send(media.bytes);
  });
  router.use((req, res, next) => {
    if (req.method === 'GET' || req.is('application/json')) next();
    else res.status(415).json({ error: { code: 'not_json', message: 'send application/json' } });
  });
  router.use(json({ limit: '4mb' }));
  for (const { method, path, handle } of routes) {
    router[method](path, async (req: Request, res: Response) => {
      const answer = await handle(req);
      if (answer === undefined) res.status(204).end();
      else res.json(answer);
    });
  }
  router.use((_req, res) => {
    res.status(404).json({ error: { code: 'not_found', message: 'no such call' } });
  });
  return router;
}

/** What the page needs to begin. */
function stateOf(world: World) {
  const { settings } = world;
  return {
    numbers: [...world.numbers.values()].map((number) => ({ ...number, webhookUrl: world.webhookUrl(number) ?? null })),
    contacts: [...world.contacts.values()],
    faults: FAULT_IDS.map((id: FaultId) => {
      const { label, explanation, times: howOften }: FaultDefinition = FAULTS[id];
      return { id, label, explanation, times: howOften ?? null };
    }),
    activeFaults: Object.fromEntries([...world.numbers.keys()].map((id) => [id, world.faults.active(id)])),
    statusModes: Object.entries(STATUS_MODES).map(([id, { label, explanation }]) => ({ id, label, explanation })),
    statusMode: settings.statusMode,
    rateModel: settings.rateModel,
    webhookVersion: settings.webhookVersion,
    nowMs: world.nowMs(),
  };
}

import type { Router as ExpressRouter, Request, Response } from 'express';
import { json, Router } from 'express';
import { z } from 'zod';
import { chatKey } from './chats.js';
import type { Simulator } from './control.js';
import { SimulatorError } from './errors.js';
import { stringAt } from './json.js';
import { PhoneAction } from './phone-actions.js';
import { accountRoutes } from './sim-account-routes.js';
import type { SimRoute } from './sim-route.js';
import { param, parse } from './sim-route.js';
import { tellRoutes } from './sim-tell-routes.js';
import { faultTable, troubleRoutes } from './sim-trouble-routes.js';
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
const modes = Object.keys(STATUS_MODES) as [StatusMode, ...StatusMode[]];
const settingsSchema = z.strictObject({
  statusMode: z.enum(modes).optional(),
  rateModel: z.boolean().optional(),
  webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
  webhookVersion: z
    .string()
    .regex(/^v2[3-6]\.0$/, 'v23.0 to v26.0')
    .optional(),
  serviceWindow: z.boolean().optional(),
  templates: z.enum(['known', 'any']).optional(),
});

/**
 * The API of the simulator itself, JSON under `/sim`. It serves tests and the page. Requests that change something must be
 * `application/json`, which a foreign web page cannot send without asking.
 *
 * `docs/simulator.md` lists the calls, each with an example that a test runs.
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
      path: '/contacts/:contactId/played',
      handle: (req) => {
        const { messageId } = parse(z.strictObject({ messageId: z.string() }), req.body);
        simulator.play(param(req, 'contactId'), messageId);
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
      path: '/settings',
      handle: (req) => {
        const { statusMode, rateModel, webhookUrl, webhookVersion, serviceWindow, templates } = parse(
          settingsSchema,
          req.body,
        );
        if (statusMode !== undefined) simulator.setStatusMode(statusMode);
        if (rateModel !== undefined) simulator.setRateModel(rateModel);
        if (webhookUrl !== undefined) simulator.setWebhookUrl(webhookUrl);
        if (webhookVersion !== undefined) simulator.setWebhookVersion(webhookVersion);
        if (serviceWindow !== undefined) simulator.setServiceWindow(serviceWindow);
        if (templates !== undefined) world.settings.templates = templates;
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
    ...troubleRoutes(world, simulator),
    ...accountRoutes(world, simulator),
    ...tellRoutes(simulator.tell),
    { method: 'post', path: '/reset', handle: () => simulator.reset() },
  ];

  const router = Router();
  router.get('/events', events);
  router.get('/media/:mediaId', (req, res) => {
    const media = world.media.get(req.params.mediaId);
    if (media === undefined) throw new SimulatorError('unknown_message', 'no such media');
    res
      .set({
        'content-type': media.mimeType,
        'cache-control': 'private, max-age=3600',
        'content-security-policy': 'sandbox',
      })
      .send(media.bytes);
  });
  router.use((req, res, next) => {
    // A foreign page cannot send DELETE without asking, and it has no body.
    if (req.method === 'GET' || req.method === 'DELETE' || req.is('application/json')) next();
    else res.status(415).json({ error: { code: 'not_json', message: 'send application/json' } });
  });
  // A file from a phone comes as base64.
  router.use(json({ limit: '24mb' }));
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
    faults: faultTable(),
    activeFaults: Object.fromEntries([...world.numbers.keys()].map((id) => [id, world.faults.active(id)])),
    statusModes: Object.entries(STATUS_MODES).map(([id, { label, explanation }]) => ({ id, label, explanation })),
    statusMode: settings.statusMode,
    rateModel: settings.rateModel,
    webhookVersion: settings.webhookVersion,
    serviceWindow: settings.serviceWindow,
    templates: settings.templates,
    nowMs: world.nowMs(),
  };
}

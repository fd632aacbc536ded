import { z } from 'zod';
import { SimulatorError } from './errors.js';
import type { SimRoute } from './sim-route.js';
import { param, parse } from './sim-route.js';
import type { Teller } from './tell.js';
import { isSampleId, SAMPLE_IDS, WEBHOOK_SAMPLES } from './webhook-samples.js';

const anyJson = z.record(z.string(), z.json());
const onNumber = z.strictObject({ phoneNumberId: z.string().optional() });
const about = onNumber.extend({ contactId: z.string().optional() });

const change = about.extend({
  field: z.string().min(1),
  value: anyJson,
  entryId: z.string().optional(),
  time: z.int().min(0).optional(),
});
const wholeBody = about.extend({ body: anyJson });

const identityChange = z.discriminatedUnion('kind', [
  onNumber.extend({ kind: z.literal('number'), waId: z.string().regex(/^\d{5,20}$/, 'digits without plus') }),
  onNumber.extend({ kind: z.literal('bsuid') }),
  onNumber.extend({ kind: z.literal('username'), username: z.string().min(1).nullable() }),
  onNumber.extend({ kind: z.literal('visibility'), hidden: z.boolean() }),
  onNumber.extend({ kind: z.literal('device') }),
]);

/** Calls for what Meta tells beside messages and statuses, and for who somebody is. */
export function tellRoutes(tell: Teller): SimRoute[] {
  return [
    {
      method: 'get',
      path: '/webhooks',
      handle: () => ({
        data: SAMPLE_IDS.map((id) => ({ id, label: WEBHOOK_SAMPLES[id].label, field: WEBHOOK_SAMPLES[id].field })),
      }),
    },
    {
      method: 'post',
      path: '/webhooks',
      handle: async (req) => {
        if (req.body?.body !== undefined) {
          const { body, ...whom } = parse(wholeBody, req.body);
          return { outcome: await tell.body(body, whom) };
        }
        const { delivery } = tell.change(parse(change, req.body));
        return { outcome: await delivery };
      },
    },
    {
      method: 'post',
      path: '/webhooks/:sample',
      handle: (req) => {
        const id = param(req, 'sample');
        if (!isSampleId(id)) throw new SimulatorError('unknown_sample', 'no such sample; GET /sim/webhooks lists them');
        const { field, value } = tell.sample(id, parse(about.extend({ value: anyJson.optional() }), req.body));
        return { field, value };
      },
    },
    {
      method: 'post',
      path: '/contacts/:contactId/echoes',
      handle: (req) => {
        const { message, phoneNumberId } = parse(onNumber.extend({ message: anyJson }), req.body);
        return { data: [tell.echo(param(req, 'contactId'), message, { phoneNumberId })] };
      },
    },
    {
      method: 'put',
      path: '/contacts/:contactId/offers',
      handle: (req) => {
        const { wanted, phoneNumberId } = parse(onNumber.extend({ wanted: z.boolean() }), req.body);
        tell.preference(param(req, 'contactId'), wanted ? 'resume' : 'stop', { phoneNumberId });
      },
    },
    {
      method: 'post',
      path: '/contacts/:contactId/identity',
      handle: (req) => {
        const { phoneNumberId, ...what } = parse(identityChange, req.body);
        return tell.identity(param(req, 'contactId'), what, { phoneNumberId });
      },
    },
  ];
}

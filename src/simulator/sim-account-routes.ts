import { z } from 'zod';
import type { Simulator } from './control.js';
import { SimulatorError } from './errors.js';
import type { JsonObject } from './json.js';
import { QUALITIES, TIER_NAMES } from './number-state.js';
import type { SimRoute } from './sim-route.js';
import { param, parse } from './sim-route.js';
import { TEMPLATE_STATUSES, templateNode } from './templates.js';
import type { World } from './world.js';

const anyJson = z.record(z.string(), z.json());

const numberChange = z.strictObject({
  quality: z.enum(QUALITIES).optional(),
  tier: z.enum(TIER_NAMES).optional(),
  throughput: z.enum(['STANDARD', 'HIGH']).optional(),
});

/** Calls for what Meta decides about an account: its templates, and what a number may do. */
export function accountRoutes(world: World, simulator: Simulator): SimRoute[] {
  return [
    {
      method: 'get',
      path: '/templates',
      handle: () => {
        const accounts = new Set([...world.numbers.values()].map(({ wabaId }) => wabaId));
        return { data: [...accounts].flatMap((wabaId) => world.templates.list(wabaId)).map(templateNode) };
      },
    },
    {
      method: 'post',
      path: '/templates',
      handle: (req) => {
        const { phoneNumberId, status, template } = parse(
          z.strictObject({
            template: anyJson,
            status: z.enum(TEMPLATE_STATUSES).exactOptional(),
            phoneNumberId: z.string().exactOptional(),
          }),
          req.body,
        );
        const options = {
          ...(phoneNumberId === undefined ? {} : { phoneNumberId }),
          ...(status === undefined ? {} : { status }),
        };
        return templateNode(simulator.addTemplate(template, options));
      },
    },
    {
      method: 'put',
      path: '/templates/:templateId',
      handle: (req) => {
        const template = world.templates.byId(param(req, 'templateId'));
        if (template === undefined) throw new SimulatorError('unknown_template', 'no such template');
        const { status, reason } = parse(
          z.strictObject({ status: z.enum(TEMPLATE_STATUSES), reason: z.string().optional() }),
          req.body,
        );
        world.templates.setStatus(template, status, reason);
        return templateNode(template);
      },
    },
    {
      method: 'put',
      path: '/numbers/:phoneNumberId',
      handle: (req) => {
        const phoneNumberId = param(req, 'phoneNumberId');
        const state = world.state(phoneNumberId);
        const {
          quality = state.quality,
          tier = state.tier,
          throughput = state.throughput,
        } = parse(numberChange, req.body);
        const old = { ...state };
        Object.assign(state, { quality, tier, throughput });
        const tellQuality = (event: string): void => {
          simulator.tell.sample('quality-flagged', {
            phoneNumberId,
            value: { event, old_limit: old.tier, current_limit: tier },
          });
        };
        if (quality !== old.quality) tellQuality(quality === 'RED' ? 'FLAGGED' : 'UNFLAGGED');
        if (throughput === 'HIGH' && old.throughput !== 'HIGH')
          simulator.tell.sample('throughput-upgrade', { phoneNumberId });
        if (tier !== old.tier) simulator.tell.sample('tier-upgrade', { phoneNumberId, value: tierValue(world, tier) });
        return { quality, tier, throughput };
      },
    },
  ];
}

/** Newer versions name the tier, older ones count people. */
function tierValue(world: World, tier: string): JsonObject {
  const isNew = Number.parseInt(world.settings.webhookVersion.slice(1), 10) >= 25;
  return isNew ? { max_daily_conversations_per_business: tier } : {};
}

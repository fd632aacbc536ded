import { z } from 'zod';
import type { Simulator } from './control.js';
import { SimulatorError } from './errors.js';
import type { FaultDefinition, FaultId } from './faults.js';
import { FAULT_IDS, FAULTS, isFaultId } from './faults.js';
import { Rule } from './rules.js';
import type { SimRoute } from './sim-route.js';
import { param, parse } from './sim-route.js';
import type { World } from './world.js';

/** Calls that make trouble: switches, rules, and time. */
export function troubleRoutes(world: World, simulator: Simulator): SimRoute[] {
  return [
    {
      method: 'put',
      path: '/numbers/:phoneNumberId/faults/:faultId',
      handle: (req) => {
        const faultId = param(req, 'faultId');
        if (!isFaultId(faultId)) throw new SimulatorError('bad_request', 'no such fault');
        const { on, times } = parse(z.strictObject({ on: z.boolean(), times: z.int().min(1).optional() }), req.body);
        simulator.setFault(faultId, on, {
          phoneNumberId: param(req, 'phoneNumberId'),
          ...(times === undefined ? {} : { times }),
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
    { method: 'get', path: '/rules', handle: () => ({ data: world.rules.list() }) },
    { method: 'post', path: '/rules', handle: (req) => ({ id: world.rules.add(parse(Rule, req.body)) }) },
    {
      method: 'delete',
      path: '/rules/:ruleId',
      handle: (req) => {
        if (!world.rules.remove(param(req, 'ruleId'))) throw new SimulatorError('unknown_rule', 'no such rule');
      },
    },
    {
      method: 'post',
      path: '/clock',
      handle: (req) => {
        const { advanceMs } = parse(
          z.strictObject({
            advanceMs: z
              .int()
              .min(0)
              .max(10 * 365 * 86_400_000),
          }),
          req.body,
        );
        simulator.advanceClock(advanceMs);
        return { nowMs: world.nowMs() };
      },
    },
  ];
}

/** The table of switches, for whoever draws it. */
export function faultTable() {
  return FAULT_IDS.map((id: FaultId) => {
    const { label, explanation, times }: FaultDefinition = FAULTS[id];
    return { id, label, explanation, times: times ?? null };
  });
}

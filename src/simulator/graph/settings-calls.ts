import { z } from 'zod';
import type { Json, JsonObject } from '../json.js';
import { isJsonObject } from '../json.js';
import type { World } from '../world.js';
import { payloadEncryption } from './encryption-calls.js';
import { flag, readParams } from './params.js';
import type { GraphRoute } from './route.js';
import { onNumber, refusal, success } from './route.js';

const FEATURES: { [feature: string]: z.ZodType<JsonObject> } = {
  calling: z.record(z.string(), z.json()),
  storage_configuration: z.record(z.string(), z.json()),
  payload_encryption: payloadEncryption,
  // Two pages of Meta's name the key differently; both are taken.
  user_identity_change: z
    .union([
      z.strictObject({ enabled: flag }),
      z
        .strictObject({ enable_identity_key_check: flag })
        .transform(({ enable_identity_key_check: enabled }) => ({ enabled })),
    ])
    .transform(asJson),
};

function asJson(value: object): JsonObject {
  const json: Json = JSON.parse(JSON.stringify(value));
  return isJsonObject(json) ? json : {};
}

/** `GET|POST /{phone-number-id}/settings`: one feature a call. */
export function settingsRoutes(world: World): GraphRoute[] {
  return [
    {
      method: 'get',
      path: '/:node/settings',
      handle: onNumber(world, (number) => ({ body: world.state(number.phoneNumberId).settings })),
    },
    {
      method: 'post',
      path: '/:node/settings',
      handle: onNumber(world, (number, { body }) => {
        const asked = Object.keys(body).filter((key) => Object.hasOwn(FEATURES, key));
        const [feature] = asked;
        if (feature === undefined) return refusal(100, 'The call names no feature.');
        if (asked.length > 1) return refusal(100, 'Only one feature may be set in a call.');
        const read = readParams(z.object({ [feature]: FEATURES[feature] ?? z.never() }), body);
        if ('fault' in read) return read;
        const value = read.params[feature];
        const { settings } = world.state(number.phoneNumberId);
        const old = settings[feature];
        settings[feature] = { ...(isJsonObject(old) ? old : {}), ...(isJsonObject(value) ? value : {}) };
        return success;
      }),
    },
  ];
}

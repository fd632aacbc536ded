import { z } from 'zod';
import { shakeHands } from '../handshake.js';
import type { JsonObject } from '../json.js';
import { present } from '../json.js';
import type { NumberState } from '../number-state.js';
import type { SimulatedNumber } from '../options.js';
import type { World } from '../world.js';
import { chooseFields } from './fields.js';
import { callbackUrl, flag, readParams, text } from './params.js';
import { profileOf } from './profile-calls.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './route.js';
import { onAccount, onNumber, page, refusal, success } from './route.js';

const USUAL_FIELDS = [
  'verified_name',
  'code_verification_status',
  'display_phone_number',
  'quality_rating',
  'platform_type',
  'throughput',
  'webhook_configuration',
  'id',
];

const REGISTRATIONS_IN_72_H = 10;
const THREE_DAYS_MS = 72 * 3_600_000;
/** The double has no phone to ring: this is the code it would have told. */
const VERIFICATION_CODE = '123456';

const pin = z.string().regex(/^\d{6}$/, 'must be six digits');

/**
 * The number itself: what it is, where its webhooks go, its registration.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
 */
export function numberRoutes(world: World): GraphRoute[] {
  return [
    {
      method: 'get',
      path: '/:node/phone_numbers',
      handle: onAccount(world, ({ numbers }, call) => {
        const nodes = numbers.map((number) =>
          chooseFields(nodeOf(world, number), call.query.fields, KIND, USUAL_FIELDS),
        );
        const refused = nodes.find((node) => 'fault' in node);
        if (refused !== undefined) return refused;
        return page(
          call,
          nodes.flatMap((node) => ('body' in node ? [node.body] : [])),
        );
      }),
    },
    {
      method: 'post',
      path: '/:node/register',
      handle: onNumber(world, (number, { body }) => register(world, number, body)),
    },
    {
      method: 'post',
      path: '/:node/deregister',
      handle: onNumber(world, (number) => {
        const state = world.state(number.phoneNumberId);
        state.registered = false;
        state.registrations.push(world.nowMs());
        return success;
      }),
    },
    {
      method: 'post',
      path: '/:node/request_code',
      handle: onNumber(world, (_number, { body }) => {
        const read = readParams(z.looseObject({ code_method: z.enum(['SMS', 'VOICE']), language: text(10) }), body);
        return 'fault' in read ? read : success;
      }),
    },
    {
      method: 'post',
      path: '/:node/verify_code',
      handle: onNumber(world, (_number, { body }) => {
        const read = readParams(z.looseObject({ code: z.string() }), body);
        if ('fault' in read) return read;
        return read.params.code.replace('-', '') === VERIFICATION_CODE
          ? success
          : refusal(136_025, 'The code is wrong.');
      }),
    },
    {
      method: 'get',
      path: '/:node/whatsapp_commerce_settings',
      handle: onNumber(world, (number) => {
        const { commerce } = world.state(number.phoneNumberId);
        return { body: { data: [{ ...commerce, id: number.phoneNumberId }] } };
      }),
    },
    {
      method: 'post',
      path: '/:node/whatsapp_commerce_settings',
      handle: onNumber(world, (number, { body }) => {
        const read = readParams(
          z.looseObject({ is_cart_enabled: flag.optional(), is_catalog_visible: flag.optional() }),
          body,
        );
        if ('fault' in read) return read;
        const { commerce } = world.state(number.phoneNumberId);
        commerce.is_cart_enabled = read.params.is_cart_enabled ?? commerce.is_cart_enabled;
        commerce.is_catalog_visible = read.params.is_catalog_visible ?? commerce.is_catalog_visible;
        return success;
      }),
    },
    {
      method: 'post',
      path: '/:node/conversational_automation',
      handle: onNumber(world, (number, { body }) => setAutomation(world.state(number.phoneNumberId), body)),
    },
  ];
}

const KIND = 'WhatsAppBusinessPhoneNumber';

/** `GET /{phone-number-id}?fields=…` */
export function readNumber(world: World, number: SimulatedNumber, call: GraphCall): GraphAnswer {
  return chooseFields(nodeOf(world, number), call.query.fields, KIND, USUAL_FIELDS);
}

/** `POST /{phone-number-id}`: a PIN, or a webhook URL of its own, which has to pass the handshake first. */
export async function changeNumber(world: World, number: SimulatedNumber, body: JsonObject): Promise<GraphAnswer> {
  const { phoneNumberId } = number;
  if (body.pin !== undefined) {
    const read = readParams(z.looseObject({ pin }), body);
    if ('fault' in read) return read;
    world.state(phoneNumberId).pin = read.params.pin;
    return success;
  }
  const read = readParams(
    z.looseObject({
      webhook_configuration: z.looseObject({
        override_callback_uri: z.union([z.literal(''), callbackUrl]),
        verify_token: text(256).optional(),
      }),
    }),
    body,
  );
  if ('fault' in read) return read;
  const { override_callback_uri: url, verify_token: verifyToken = '' } = read.params.webhook_configuration;
  if (url === '') {
    world.subscriptions.setOfNumber(phoneNumberId, undefined);
    return success;
  }
  const { outcome } = await shakeHands(world, { url, verifyToken }, phoneNumberId);
  if (outcome !== 'verified') return refusal(2200, 'The callback URL could not be verified.');
  world.subscriptions.setOfNumber(phoneNumberId, { url, verifyToken });
  return success;
}

function nodeOf(world: World, number: SimulatedNumber): JsonObject {
  const state = world.state(number.phoneNumberId);
  const isPressed = state.quality === 'RED';
  return {
    verified_name: number.name,
    code_verification_status: 'VERIFIED',
    display_phone_number: number.displayPhoneNumber,
    quality_rating: state.quality,
    quality_score: { score: state.quality },
    platform_type: 'CLOUD_API',
    throughput: { level: state.throughput },
    status: state.registered ? (isPressed ? 'FLAGGED' : 'CONNECTED') : 'DISCONNECTED',
    name_status: 'APPROVED',
    account_mode: 'LIVE',
    is_official_business_account: false,
    is_pin_enabled: state.pin !== undefined,
    whatsapp_business_manager_messaging_limit: state.tier,
    // Deprecated since limits belong to portfolios; old versions still tell it.
    messaging_limit_tier: state.tier,
    health_status: healthOf(number, state),
    conversational_automation: { ...state.automation, id: number.phoneNumberId },
    whatsapp_business_profile: { data: [profileOf(state)] },
    webhook_configuration: present({
      phone_number: world.subscriptions.ofNumber(number.phoneNumberId)?.url,
      whatsapp_business_account: world.subscriptions.ofAccount(number.wabaId)?.url,
      application: world.appUrl(),
    }),
    id: number.phoneNumberId,
  };
}

function healthOf({ phoneNumberId, wabaId }: SimulatedNumber, { registered, quality }: NumberState): JsonObject {
  const health = registered ? (quality === 'RED' ? 'LIMITED' : 'AVAILABLE') : 'BLOCKED';
  const number: JsonObject = { entity_type: 'PHONE_NUMBER', id: phoneNumberId, can_send_message: health };
  if (!registered) {
    number.errors = [
      {
        error_code: 141_000,
        error_description: 'The phone number is not registered.',
        possible_solution: 'Register it.',
      },
    ];
  }
  return {
    can_send_message: health,
    entities: [number, { entity_type: 'WABA', id: wabaId, can_send_message: 'AVAILABLE' }],
  };
}

function register(world: World, number: SimulatedNumber, body: JsonObject): GraphAnswer {
  const read = readParams(z.looseObject({ messaging_product: z.literal('whatsapp'), pin }), body);
  if ('fault' in read) return read;
  const state = world.state(number.phoneNumberId);
  const nowMs = world.nowMs();
  state.registrations = state.registrations.filter((atMs) => nowMs - atMs < THREE_DAYS_MS);
  if (state.registrations.length >= REGISTRATIONS_IN_72_H) {
    return refusal(133_016, 'The number was registered and taken off too often within 72 hours.');
  }
  if (state.pin !== undefined && state.pin !== read.params.pin) return refusal(133_005, 'The PIN is wrong.');
  state.pin = read.params.pin;
  state.registered = true;
  state.registrations.push(nowMs);
  return success;
}

function setAutomation(state: NumberState, body: JsonObject): GraphAnswer {
  const command = z.strictObject({ command_name: text(32), command_description: text(256) });
  const read = readParams(
    z.looseObject({
      enable_welcome_message: flag.optional(),
      prompts: z.array(text(80)).max(4, 'allows 4 prompts').optional(),
      commands: z.array(command).max(30, 'allows 30 commands').optional(),
    }),
    body,
  );
  if ('fault' in read) return read;
  for (const key of ['enable_welcome_message', 'prompts', 'commands'] as const) {
    const value = read.params[key];
    if (value !== undefined) state.automation[key] = value;
  }
  return success;
}

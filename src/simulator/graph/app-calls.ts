import { z } from 'zod';
import { shakeHands } from '../handshake.js';
import type { JsonObject } from '../json.js';
import { present } from '../json.js';
import { isSameSecret } from '../signature.js';
import type { World } from '../world.js';
import { callbackUrl, readParams, text } from './params.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './route.js';
import { noSuchNode, onAccount, page, refusal, success } from './route.js';

const APP_NAME = 'Parlance simulator';
const OBJECT = 'whatsapp_business_account';
const SCOPES = ['whatsapp_business_management', 'whatsapp_business_messaging'];

/**
 * The app: what its webhooks carry and where they go, which accounts it hears of, what a token is good for.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
 */
export function appRoutes(world: World): GraphRoute[] {
  return [
    { method: 'get', path: '/:node/subscriptions', handle: (call) => onApp(world, call, () => subscriptions(world)) },
    {
      method: 'post',
      path: '/:node/subscriptions',
      handle: (call) => onApp(world, call, () => subscribe(world, call)),
    },
    {
      method: 'get',
      path: '/:node/subscribed_apps',
      handle: onAccount(world, ({ wabaId }, call) =>
        page(call, world.subscriptions.isSubscribed(wabaId) ? [appOf(world, wabaId)] : []),
      ),
    },
    {
      method: 'post',
      path: '/:node/subscribed_apps',
      handle: onAccount(world, ({ wabaId }, { body }) => subscribeAccount(world, wabaId, body)),
    },
    {
      method: 'delete',
      path: '/:node/subscribed_apps',
      handle: onAccount(world, ({ wabaId }) => {
        world.subscriptions.unsubscribe(wabaId);
        return success;
      }),
    },
  ];
}

/** `GET /debug_token?input_token=…`, with the app's token. */
export function debugToken(world: World, { isApp, query }: GraphCall): GraphAnswer {
  if (!isApp)
    return refusal(100, 'You must provide an app access token, or a user access token of an owner of the app.');
  const { input_token: token } = query;
  if (token === undefined) return refusal(100, 'The parameter input_token is required.');
  const { appId, accessToken, numbers } = world.options;
  if (!isSameSecret(token, accessToken)) {
    const error = { code: 190, message: 'Invalid OAuth access token.' };
    return { body: { data: { error, is_valid: false, scopes: [] } } };
  }
  const accounts = [...new Set(numbers.map(({ wabaId }) => wabaId))];
  return {
    body: {
      data: {
        app_id: appId,
        type: 'SYSTEM_USER',
        application: APP_NAME,
        expires_at: 0,
        is_valid: true,
        issued_at: Math.floor(world.nowMs() / 1000),
        scopes: SCOPES,
        granular_scopes: SCOPES.map((scope) => ({ scope, target_ids: accounts })),
        user_id: '122100000000000001',
      },
    },
  };
}

function onApp(
  world: World,
  { node, isApp }: GraphCall,
  handle: () => GraphAnswer | Promise<GraphAnswer>,
): GraphAnswer | Promise<GraphAnswer> {
  if (node !== world.options.appId) return { fault: noSuchNode };
  return isApp ? handle() : refusal(15, 'This method must be called with an app access token.');
}

function subscriptions(world: World): GraphAnswer {
  const url = world.appUrl();
  if (url === undefined) return { body: { data: [] } };
  const fields = (world.subscriptions.fields() ?? ['messages']).map((name) => ({
    name,
    version: world.settings.webhookVersion,
  }));
  return { body: { data: [{ object: OBJECT, callback_url: url, active: true, fields }] } };
}

async function subscribe(world: World, { body }: GraphCall): Promise<GraphAnswer> {
  const read = readParams(
    z.looseObject({
      object: z.literal(OBJECT),
      callback_url: callbackUrl,
      verify_token: text(256),
      fields: z
        .union([text(4096).transform((list) => list.split(',').map((one) => one.trim())), z.array(text(100))])
        .optional(),
    }),
    body,
  );
  if ('fault' in read) return read;
  const { callback_url: url, verify_token: verifyToken, fields } = read.params;
  const { outcome } = await shakeHands(world, { url, verifyToken });
  if (outcome !== 'verified') return refusal(2200, 'The callback URL could not be verified.');
  world.setAppUrl(url);
  if (fields !== undefined) world.subscriptions.setFields(fields);
  return success;
}

function appOf(world: World, wabaId: string): JsonObject {
  return present({
    whatsapp_business_api_data: { id: world.options.appId, name: APP_NAME, link: 'https://parlance.example/' },
    override_callback_uri: world.subscriptions.ofAccount(wabaId)?.url,
  });
}

async function subscribeAccount(world: World, wabaId: string, body: JsonObject): Promise<GraphAnswer> {
  if (body.override_callback_uri === undefined) {
    world.subscriptions.subscribe(wabaId, undefined);
    return success;
  }
  const read = readParams(z.looseObject({ override_callback_uri: callbackUrl, verify_token: text(256) }), body);
  if ('fault' in read) return read;
  const override = { url: read.params.override_callback_uri, verifyToken: read.params.verify_token };
  const { outcome } = await shakeHands(world, override);
  if (outcome !== 'verified') return refusal(2200, 'The callback URL could not be verified.');
  world.subscriptions.subscribe(wabaId, override);
  return success;
}

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject } from '../json.js';
import { at, isJsonObject, stringAt } from '../json.js';
import { decryptJwe, encryptJwe } from '../jwe.js';
import type { SimulatedNumber } from '../options.js';
import type { World } from '../world.js';
import { readParams } from './params.js';
import type { GraphAnswer, GraphCall, GraphRoute } from './route.js';
import { onNumber, refusal, success } from './route.js';

const RSA_BITS = 2048;

/** The key Meta opens requests with. It is made when somebody first needs it: that takes a moment. */
const cloudKey = (() => {
  let pair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
  return () => {
    pair ??= generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
    return pair;
  };
})();

const asBase64 = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');

/** An RSA key of 2048 bits, from PEM or from DER in base64; undefined for anything else. */
function readKey(text: string): KeyObject | undefined {
  try {
    const key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, 'base64'), type: 'spki', format: 'der' });
    return key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === RSA_BITS ? key : undefined;
  } catch {
    return undefined;
  }
}

const rsaKey = z.string().refine((text) => readKey(text) !== undefined, 'must be an RSA key of 2048 bits');

/** The feature `payload_encryption` of a number's settings: what it is set to is what it says, with Meta's own key. */
export const payloadEncryption = z
  .discriminatedUnion('status', [
    z.looseObject({ status: z.literal('ENABLED'), client_encryption_key: rsaKey }),
    z.looseObject({ status: z.literal('DISABLED') }),
  ])
  .transform((asked): JsonObject => {
    if (asked.status === 'DISABLED') return { status: asked.status };
    const { status, client_encryption_key } = asked;
    return { status, client_encryption_key, cloud_encryption_key: asBase64(cloudKey().publicKey) };
  });

/**
 * Keys, and messages whose request and answer are encrypted. Errors stay in clear.
 *
 * - `POST|GET /{phone-number-id}/whatsapp_business_encryption`: the key forms with an endpoint encrypt for
 * - `POST /{phone-number-id}/messages_encrypted`: `messages` as JWE, once `payload_encryption` is set
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/implementingyourflowendpoint
 */
export function encryptionRoutes(
  world: World,
  postMessage: (number: SimulatedNumber, body: JsonObject) => GraphAnswer,
): GraphRoute[] {
  return [
    {
      method: 'post',
      path: '/:node/whatsapp_business_encryption',
      handle: onNumber(world, ({ phoneNumberId }, { body }) => {
        const read = readParams(z.looseObject({ business_public_key: rsaKey }), body);
        if ('fault' in read) return read;
        world.state(phoneNumberId).formKey = read.params.business_public_key;
        return success;
      }),
    },
    {
      method: 'get',
      path: '/:node/whatsapp_business_encryption',
      handle: onNumber(world, ({ phoneNumberId }) => {
        const key = world.state(phoneNumberId).formKey;
        if (key === undefined) return { body: { data: [] } };
        const status = 'VALID';
        return { body: { data: [{ business_public_key: key, business_public_key_signature_status: status }] } };
      }),
    },
    {
      method: 'post',
      path: '/:node/messages_encrypted',
      handle: onNumber(world, (number, call) => postEncrypted(world, number, call, postMessage)),
    },
  ];
}

function postEncrypted(
  world: World,
  number: SimulatedNumber,
  { body }: GraphCall,
  postMessage: (number: SimulatedNumber, body: JsonObject) => GraphAnswer,
): GraphAnswer {
  const setting = at(world.state(number.phoneNumberId).settings, 'payload_encryption');
  const clientKey = readKey(stringAt(setting, 'client_encryption_key') ?? '');
  if (at(setting, 'status') !== 'ENABLED' || clientKey === undefined) {
    return refusal(131_005, 'Payload encryption is not enabled for this number.');
  }
  const read = readParams(
    z.looseObject({ messaging_product: z.literal('whatsapp'), encrypted_contents: z.string() }),
    body,
  );
  if ('fault' in read) return read;
  const message = readJson(decryptJwe(read.params.encrypted_contents, cloudKey().privateKey));
  if (message === undefined) return refusal(100, 'Param encrypted_contents cannot be decrypted.');
  const answer = postMessage(number, message);
  if (!('body' in answer)) return answer;
  const sealed = encryptJwe(JSON.stringify(answer.body), clientKey);
  return { ...answer, body: { messaging_product: 'whatsapp', encrypted_contents: sealed } };
}

function readJson(text: string | undefined): JsonObject | undefined {
  try {
    const read: unknown = JSON.parse(text ?? '');
    return isJsonObject(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

import { isJsonObject, type JsonObject } from '../../src/shared/json.js';
import type { Simulator as ProductSimulator } from '../../src/simulator/control.js';
import { createSimulator as create } from '../../src/simulator/simulator.js';
import { WHATSAPP_ENV } from './project.js';

export interface Simulator extends ProductSimulator {
  url: string;
}

/** Meta's double for the endpoint of `WHATSAPP_ENV`, in a hurry. */
export async function createSimulator(): Promise<Simulator> {
  const simulator = create({
    appId: WHATSAPP_ENV.WHATSAPP_APP_ID,
    appSecret: WHATSAPP_ENV.WHATSAPP_APP_SECRET,
    accessToken: WHATSAPP_ENV.WHATSAPP_ACCESS_TOKEN,
    verifyToken: WHATSAPP_ENV.WHATSAPP_VERIFY_TOKEN,
    numbers: [
      {
        phoneNumberId: WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID,
        displayPhoneNumber: '+351 21 000 0001',
        wabaId: WHATSAPP_ENV.WHATSAPP_WABA_ID,
        name: 'Test bot',
      },
    ],
    timing: { sentMs: 10, deliveredMs: 20, readMs: 20, webhookRetryMs: [50, 100, 200] },
  });
  const { url } = await simulator.start();
  return Object.assign(simulator, { url });
}

/** What a bot's message says: its text, or the body of its buttons or list. */
export function saidIn(message: { message: JsonObject }): string {
  const { text, interactive } = message.message;
  const holder =
    isJsonObject(interactive) && isJsonObject(interactive.body)
      ? interactive.body.text
      : isJsonObject(text)
        ? text.body
        : '';
  return typeof holder === 'string' ? holder : '';
}

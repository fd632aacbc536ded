import type { Simulator } from '../../src/simulator/control.js';
import type { SimulatorOptions } from '../../src/simulator/options.js';
import { createSimulator } from '../../src/simulator/simulator.js';
import type { FakeBot } from './fake-bot.js';
import { startFakeBot } from './fake-bot.js';

export const PN = '700000000000001';
export const OTHER_PN = '700000000000002';
export const WABA = '500000000000001';
export const APP_ID = '600000000000001';
export const TOKEN = 'token-of-a-test';
export const RITA = '+351910000101';

interface Reply {
  status: number;
  headers: Headers;
  /** the text where it is no JSON */
  body: { [key: string]: unknown };
  text: string;
}

/** A simulator that answers at once and lets the bot write to anybody at any time, a bot that says 200 to everything, and the two APIs at hand. */
export interface SimulatorRig {
  simulator: Simulator;
  bot: FakeBot;
  url: string;
  /** A Graph call with the right token; the body makes it a POST unless a method is named. */
  graph(path: string, body?: unknown, init?: { method?: string; token?: string; version?: string }): Promise<Reply>;
  /** The bot writes to Rita; what else the call carries, or instead. */
  say(text: string, extra?: object): Promise<Reply>;
  /** The simulator's own API. */
  sim(method: string, path: string, body?: object): Promise<Reply>;
  stop(): Promise<void>;
}

export async function startSimulatorRig(extra: Partial<SimulatorOptions> = {}): Promise<SimulatorRig> {
  const secrets = { appSecret: 'app-secret-of-a-test', verifyToken: 'verify-token-of-a-test' };
  const bot = await startFakeBot(secrets);
  const simulator = createSimulator({
    ...secrets,
    appId: APP_ID,
    accessToken: TOKEN,
    webhookUrl: bot.webhookUrl,
    numbers: [
      { phoneNumberId: PN, displayPhoneNumber: '+351 21 000 0001', wabaId: WABA, name: 'Casa Verde' },
      { phoneNumberId: OTHER_PN, displayPhoneNumber: '+351 21 000 0002', wabaId: WABA, name: 'Orders' },
    ],
    seed: 7,
    serviceWindow: false,
    timing: { webhookRetryMs: [5], sentMs: 0, deliveredMs: 1, readMs: 2 },
    ...extra,
  });
  const { url } = await simulator.start();

  async function request(path: string, init: RequestInit): Promise<Reply> {
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: readJson(text), text };
  }

  const rig: SimulatorRig = {
    simulator,
    bot,
    url,
    graph(path, body, { method, token = TOKEN, version = 'v25.0' } = {}) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const spelled = method ?? (body === undefined ? 'GET' : 'POST');
      const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
      return request(`/${version}${path}`, { method: spelled, headers, ...init });
    },
    say: (text, more = {}) =>
      rig.graph(`/${PN}/messages`, {
        messaging_product: 'whatsapp',
        to: RITA,
        type: 'text',
        text: { body: text },
        ...more,
      }),
    sim: (method, path, body) =>
      request(`/sim${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async stop() {
      await simulator.stop();
      await bot.stop();
    },
  };
  return rig;
}

function readJson(text: string): { [key: string]: unknown } {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

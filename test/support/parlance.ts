import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { type Role, type RunningApp, startApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { createLogger } from '../../src/observability/logger.js';
import { makeProject, WHATSAPP_ENV, WHATSAPP_YAML } from './project.js';

const DEFAULT_YAML = readFileSync(new URL('../../config/default.yaml', import.meta.url), 'utf8');

/** Says back what it hears. */
export const ECHO_FLOW = `spec: 1
flow: welcome
steps:
  - say: "You said {{ input.text }}"
`;

export interface ParlanceOptions {
  redisUrl: string;
  role?: Role;
  /** further files or other contents, by path */
  files?: { [path: string]: string | Uint8Array };
  env?: { [name: string]: string };
}

export interface TestParlance {
  app: RunningApp;
  /** its project folder */
  dir: string;
  url: string;
  /** everything logged so far, at debug level */
  logText(): string;
  stop(): Promise<void>;
}

/** The real application in this process, with a project folder of its own, on free ports. */
export async function startParlance({
  redisUrl,
  role = 'web',
  files = {},
  env = {},
}: ParlanceOptions): Promise<TestParlance> {
  const project = makeProject({
    'config/default.yaml': DEFAULT_YAML,
    'config/endpoints/whatsapp.yaml': WHATSAPP_YAML,
    'config/flows/welcome.yaml': ECHO_FLOW,
    ...files,
  });
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  try {
    const readConfig = () =>
      loadConfig({
        dir: project.dir,
        env: {
          REDIS_URL: redisUrl,
          PORT: '0',
          PARLANCE_SIMULATOR_PORT: '0',
          PARLANCE_HTTP_HOST: '127.0.0.1',
          ...WHATSAPP_ENV,
          ...env,
        },
      });
    const app = await startApp(readConfig(), role, project.dir, createLogger('debug', sink), readConfig);
    return {
      app,
      dir: project.dir,
      url: `http://127.0.0.1:${app.facts.port}`,
      logText: () => lines.join(''),
      async stop() {
        await app.stop();
        project.remove();
      },
    };
  } catch (err) {
    project.remove();
    throw err;
  }
}

export const WEBHOOK_PATH = `/webhook/${WHATSAPP_ENV.WHATSAPP_URL_TOKEN}`;

/** The header Meta sends with these bytes. */
export function signatureOf(body: Buffer | string, secret: string = WHATSAPP_ENV.WHATSAPP_APP_SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

let ids = 0;
const nextId = () => `wamid.TEST${++ids}x${process.pid}`;

/** A webhook body with one text for each `[waId, text]`, ids never used before. */
export function textsBody(
  texts: readonly (readonly [waId: string, text: string])[],
  phoneNumberId: string = WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID,
) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  return {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: WHATSAPP_ENV.WHATSAPP_WABA_ID,
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '351210000001', phone_number_id: phoneNumberId },
              contacts: texts.map(([waId]) => ({
                wa_id: waId,
                user_id: `PT.${waId}`,
                profile: { name: 'Rita Alves' },
              })),
              messages: texts.map(([waId, text]) => ({
                from: waId,
                from_user_id: `PT.${waId}`,
                id: nextId(),
                timestamp,
                type: 'text',
                text: { body: text },
              })),
            },
          },
        ],
      },
    ],
  };
}

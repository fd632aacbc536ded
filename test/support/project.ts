import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A project folder with the given files, for `loadConfig`. */
export function makeProject(files: { [name: string]: string | Uint8Array }): { dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'parlance-test-project-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A project folder with our own `config/`, and none of the developer's `.env`. */
export function copyOfOurs(): { dir: string; remove(): void } {
  const project = makeProject({});
  cpSync(join(import.meta.dirname, '../../config'), join(project.dir, 'config'), { recursive: true });
  return project;
}

/** Settings of a number at Meta; every secret contains `hush`, so that a test can look for leaks. */
export const WHATSAPP_ENV = {
  WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
  WHATSAPP_WABA_ID: '102290129340398',
  WHATSAPP_APP_ID: '670843887433847',
  WHATSAPP_APP_SECRET: 'hush-app-secret',
  WHATSAPP_ACCESS_TOKEN: 'hush-access-token',
  WHATSAPP_VERIFY_TOKEN: 'hush-verify-token',
  WHATSAPP_URL_TOKEN: 'a-url-nobody-guesses',
};

export const WHATSAPP_YAML = `flow: welcome
phoneNumberId: \${WHATSAPP_PHONE_NUMBER_ID}
wabaId: \${WHATSAPP_WABA_ID}
appId: \${WHATSAPP_APP_ID}
appSecrets: \${WHATSAPP_APP_SECRET}
accessToken: \${WHATSAPP_ACCESS_TOKEN}
verifyToken: \${WHATSAPP_VERIFY_TOKEN}
urlToken: \${WHATSAPP_URL_TOKEN}
`;

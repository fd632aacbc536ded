import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envNames, fromTextAt } from '../../../src/config/env-names.js';
import { loadConfig } from '../../../src/config/load.js';
import { SettingsSchema } from '../../../src/config/schema.js';
import { valueAt } from '../../../src/config/tree.js';
import { copyOfOurs, makeProject, WHATSAPP_ENV } from '../../support/project.js';

const PROJECT = join(import.meta.dirname, '../../..');
const example = readFileSync(join(PROJECT, 'config/example.env'), 'utf8');
const lines = [...example.matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, off, name = '', value = '']) => ({
  isSet: off === undefined,
  name,
  value,
}));
const names = envNames(SettingsSchema);

describe('config/example.env', () => {
  it('names every variable once, and none that does not exist', () => {
    const whatsapp = Object.keys(WHATSAPP_ENV);
    expect(lines.map(({ name }) => name).toSorted()).toEqual([...names.keys(), ...whatsapp].toSorted());
    expect(lines.filter(({ isSet }) => isSet).map(({ name }) => name)).toEqual(whatsapp);
  });

  it('shows the defaults', () => {
    const defaults = SettingsSchema.parse({});
    for (const { name, value } of lines) {
      const path = names.get(name);
      const byDefault = path && valueAt(defaults, path);
      if (path === undefined || byDefault === undefined) continue;
      expect([name, fromTextAt(SettingsSchema, path, value)]).toEqual([name, byDefault]);
    }
  });

  it('can be copied to .env as it is', () => {
    const { dir, remove } = makeProject({ '.env': example });
    try {
      expect(loadConfig({ dir, env: {} }).origins).toEqual({});
    } finally {
      remove();
    }
  });
});

describe('the endpoints that come with Parlance', () => {
  it('are two demo bots, and a real number once its variables are set', () => {
    const { dir, remove } = copyOfOurs();
    const [demo, live] = [loadConfig({ dir, env: {} }), loadConfig({ dir, env: WHATSAPP_ENV })];
    remove();
    expect(demo.endpoints.map(({ id, flow }) => [id, flow])).toEqual([
      ['demo-order-status', 'order-status'],
      ['demo-welcome', 'welcome'],
    ]);
    expect(demo.skippedEndpoints).toMatchObject([
      { id: 'whatsapp', variables: expect.arrayContaining(Object.keys(WHATSAPP_ENV)) },
    ]);
    expect(live.endpoints).toMatchObject([{ id: 'whatsapp', phoneNumberId: WHATSAPP_ENV.WHATSAPP_PHONE_NUMBER_ID }]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.js';
import { printConfig } from '../../../src/config/print.js';
import { makeProject, WHATSAPP_ENV, WHATSAPP_YAML } from '../../support/project.js';

let remove = () => {};
afterEach(() => remove());

function print(files: { [name: string]: string }, env: { [name: string]: string }): string {
  const project = makeProject(files);
  remove = project.remove;
  return printConfig(loadConfig({ dir: project.dir, env }));
}

describe('the printed configuration', () => {
  it('says where each value comes from', () => {
    const printed = print(
      { 'config/default.yaml': 'http:\n  host: 127.0.0.1\n', '.env': 'LOG_LEVEL=warn\n' },
      { PORT: '1' },
    );
    expect(printed).toContain('  host: 127.0.0.1 # from config/default.yaml:2\n');
    expect(printed).toContain('  port: 1 # from PORT\n');
    expect(printed).toContain('  publicUrl: null # not set, PUBLIC_URL\n');
    expect(printed).toContain('  level: warn # from LOG_LEVEL (.env)\n');
    expect(printed).toContain('  timeoutMs: 20000 # default, PARLANCE_CLOUD_API_TIMEOUT_MS\n');
    expect(printed).toContain('  env: [] # default, PARLANCE_FLOWS_ENV\n');
  });

  it('is YAML that holds every setting and endpoint, and no secret', () => {
    const yaml = `${WHATSAPP_YAML}env: { KEY: hush-key }\n`;
    const printed = print(
      { 'config/endpoints/whatsapp.yaml': yaml, 'config/endpoints/demo.yaml': 'simulated: true\nflow: demo\n' },
      {
        ...WHATSAPP_ENV,
        WHATSAPP_APP_SECRET: 'hush-new,hush-old',
        PARLANCE_OPS_OPERATOR_KEY: 'hush-hush-hush-hush',
        REDIS_URL: 'redis://me:hush@localhost:7000/1',
      },
    );
    expect(printed).not.toContain('hush');
    expect(parse(printed)).toMatchObject({
      redis: { url: 'redis://••••@localhost:7000/1' },
      ops: { operatorKey: '••••' },
      endpoints: {
        whatsapp: { appSecrets: ['••••', '••••'], accessToken: '••••', verifyToken: '••••', env: { KEY: '••••' } },
      },
      skippedEndpoints: [{ id: 'demo', reason: 'simulator_off' }],
    });
    expect(printed).toContain('appId: "670843887433847" # from config/endpoints/whatsapp.yaml:4, WHATSAPP_APP_ID\n');
  });
});

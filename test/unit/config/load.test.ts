import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/fault.js';
import { loadConfig } from '../../../src/config/load.js';
import { SettingsSchema } from '../../../src/config/schema.js';
import { USUAL_TYPES } from '../../../src/shared/media-types.js';
import { copyOfOurs, makeProject, WHATSAPP_ENV, WHATSAPP_YAML } from '../../support/project.js';

const projects: { remove(): void }[] = [];
afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

type Env = { [name: string]: string };

function load(files: { [name: string]: string } = {}, env: Env = {}) {
  const project = makeProject(files);
  projects.push(project);
  return loadConfig({ dir: project.dir, env });
}

/** The faults as `where | message | allowed`. */
function faultsOf(files: { [name: string]: string }, env: Env = {}): string[] {
  try {
    load(files, env);
  } catch (err) {
    if (err instanceof ConfigError) return err.faults.map((f) => `${f.where} | ${f.message} | ${f.allowed}`);
    throw err;
  }
  return [];
}

const DEFAULT = 'config/default.yaml';
const WHATSAPP = 'config/endpoints/whatsapp.yaml';

describe('the settings', () => {
  it('are the defaults in an empty folder', () => {
    const config = load();
    expect(config.http).toEqual({ host: '0.0.0.0', port: 8080, workerPort: 0 });
    expect(config.outbound.pairRate).toEqual({ enabled: true, burst: 45, intervalMs: 6000 });
    expect(config.origins).toEqual({});
  });

  it('are the defaults also as config/default.yaml spells them', () => {
    const project = copyOfOurs();
    projects.push(project);
    const config = loadConfig({ dir: project.dir, env: {} });
    const { simulatorOn, endpoints, skippedEndpoints, origins, ...settings } = config;
    const { redis, media, flows, ...others } = SettingsSchema.parse({});
    expect(settings).toEqual({
      ...others,
      redis: { ...redis, dataDir: join(project.dir, 'data') },
      media: { ...media, dir: join(project.dir, 'data/media') },
      flows: { ...flows, dir: join(project.dir, 'config/flows') },
    });
    expect(Object.keys(origins).filter((path) => !path.startsWith('endpoints.'))).toEqual([]);
  });

  it('come from a variable before the file, and from the file before the default', () => {
    const config = load({ [DEFAULT]: 'http:\n  port: 3000\n  host: 127.0.0.1\n' }, { PORT: '4000' });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 4000, workerPort: 0 });
    expect(config.origins).toEqual({ 'http.port': 'PORT', 'http.host': `${DEFAULT}:3` });
  });

  it.each([
    ['PORT', '3000', ['http', 'port'], 3000],
    ['PUBLIC_URL', 'https://bot.example.com', ['http', 'publicUrl'], 'https://bot.example.com'],
    ['REDIS_URL', 'redis-cluster://a:7000,b:7001', ['redis', 'url'], 'redis-cluster://a:7000,b:7001'],
    ['LOG_LEVEL', 'debug', ['log', 'level'], 'debug'],
    ['GRAPH_API_URL', 'http://127.0.0.1:9', ['cloudApi', 'baseUrl'], 'http://127.0.0.1:9'],
    ['PARLANCE_CLOUD_API_TIMEOUT_MS', ' 900 ', ['cloudApi', 'timeoutMs'], 900],
    [
      'PARLANCE_OUTBOUND_PAIR_RATE_ENABLED',
      'false',
      ['outbound', 'pairRate'],
      { enabled: false, burst: 45, intervalMs: 6000 },
    ],
    ['PARLANCE_SIMULATOR_ENABLED', 'true', ['simulator', 'enabled'], true],
    ['PARLANCE_SIMULATOR_ENABLED', 'auto', ['simulator', 'enabled'], 'auto'],
  ])('%s=%s is understood', (name, text, [group = '', setting = ''], value) => {
    const config = load({}, { [name]: text });
    expect(Object.entries(config).find(([key]) => key === group)?.[1]).toHaveProperty(setting, value);
  });

  it('take folders from the project folder on', () => {
    const { dir, remove } = makeProject({});
    projects.push({ remove });
    const config = loadConfig({ dir, env: { DATA_DIR: 'elsewhere', PARLANCE_FLOWS_DIR: '/srv/flows' } });
    expect(config.redis.dataDir).toBe(join(dir, 'elsewhere'));
    expect(config.flows.dir).toBe('/srv/flows');
  });

  it('come from .env, which the environment overrides unless it is empty there', () => {
    const files = {
      '.env':
        'PORT=3000\nLOG_LEVEL="warn"\nexport PARLANCE_FLOWS_ENV=SHOP_URL, SHOP_NAME\nSHOP_URL=http://shop\nSHOP_NAME=x\n',
    };
    const config = load(files, { PORT: '4000', LOG_LEVEL: '' });
    expect(config.http.port).toBe(4000);
    expect(config.log.level).toBe('warn');
    expect(config.flows.env).toEqual(['SHOP_URL', 'SHOP_NAME']);
    expect(config.origins['log.level']).toBe('LOG_LEVEL (.env)');
  });

  it('are frozen to their leaves', () => {
    const config = load({ [WHATSAPP]: WHATSAPP_YAML }, WHATSAPP_ENV);
    for (const part of [
      config,
      config.http,
      config.outbound.pairRate,
      config.endpoints,
      config.endpoints[0],
      config.endpoints[0]?.appSecrets,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('may name variables in files', () => {
    const config = load(
      { [DEFAULT]: `http:\n  port: \${MY_PORT}\n  publicUrl: https://\${MY_HOST}/bot\n` },
      { MY_PORT: '81', MY_HOST: 'h' },
    );
    expect(config.http).toMatchObject({ port: 81, publicUrl: 'https://h/bot' });
    expect(config.origins['http.port']).toBe(`${DEFAULT}:2, MY_PORT`);
  });
});

describe('a wrong setting', () => {
  it.each([
    ['an unknown name', 'http:\n  prot: 1\n', `${DEFAULT}:2 | http.prot is not a setting | Did you mean port?`],
    [
      'a name like nothing',
      'http:\n  zebra: 1\n',
      `${DEFAULT}:2 | http.zebra is not a setting | Allowed here: host, port, workerPort, publicUrl`,
    ],
    ['an unknown group', 'htpp:\n  port: 1\n', `${DEFAULT}:1 | htpp is not a setting | Did you mean http?`],
    [
      '__proto__',
      '__proto__:\n  port: 1\n',
      `${DEFAULT}:1 | __proto__ is not a setting | Allowed here: ${Object.keys(SettingsSchema.shape).join(', ')}`,
    ],
    [
      'text for a number',
      'http:\n  port: eighty\n',
      `${DEFAULT}:2 | http.port is "eighty" | Allowed: a whole number from 0 to 65535`,
    ],
    [
      'a broken number',
      '\n\nhttp: { host: h, port: 80.5 }\n',
      `${DEFAULT}:3 | http.port is 80.5 | Allowed: a whole number from 0 to 65535`,
    ],
    [
      'a number out of bounds',
      'cloudApi:\n  timeoutMs: 5\n',
      `${DEFAULT}:2 | cloudApi.timeoutMs is 5 | Allowed: a whole number from 500 to 120000 ms`,
    ],
    [
      'a group that is text',
      'http: 8080\n',
      `${DEFAULT}:1 | http is 8080 | Allowed: a group with host, port, workerPort, publicUrl`,
    ],
    [
      'another word',
      'log:\n  level: loud\n',
      `${DEFAULT}:2 | log.level is "loud" | Allowed: one of trace, debug, info, warn, error, fatal, silent`,
    ],
    [
      'yes for true',
      'simulator:\n  enabled: yes\n',
      `${DEFAULT}:2 | simulator.enabled is "yes" | Allowed: auto, true or false`,
    ],
    [
      'a name given twice',
      'http:\n  port: 1\n  port: 2\n',
      `${DEFAULT}:3 | this name is given twice in one group | Keep one of the two lines`,
    ],
    ['a tab', 'http:\n\tport: 1\n', `${DEFAULT}:2 | the line is indented with a tab | Indent with spaces`],
    [
      'an open quote',
      'http:\n  host: "h\n',
      `${DEFAULT}:3 | a quote, a colon or a closing bracket is missing here | Close what is open, write "name: value"`,
    ],
    ['an open bracket', 'http: [\n', `${DEFAULT}:2 | a bracket is opened and not closed | Close it with ] or }`],
    [
      'a list',
      '- http\n',
      `${DEFAULT}:1 | the file does not consist of named settings | Write "name: value" lines, with few aliases (*name) or none`,
    ],
    [
      'a variable nobody set',
      `http:\n  host: \${MY_HOST}\n`,
      `${DEFAULT}:2 | \${MY_HOST} is not set | Set MY_HOST in the environment or in .env`,
    ],
    [
      'a list entry',
      'flows:\n  env:\n    - FINE\n    - not fine\n',
      `${DEFAULT}:4 | flows.env[2] is "not fine" | Allowed: the name of a variable in capitals; those that configure Parlance itself (PARLANCE_…, WHATSAPP_…, REDIS_URL) cannot be given to flows`,
    ],
  ])('%s', (_name, yaml, fault) => {
    expect(faultsOf({ [DEFAULT]: yaml }, { FINE: 'x' })).toEqual([fault]);
  });

  it.each([
    ['PORT', 'eighty', 'http.port is "eighty" | Allowed: a whole number from 0 to 65535'],
    ['PARLANCE_OUTBOUND_PAIR_RATE_ENABLED', 'yes', 'outbound.pairRate.enabled is "yes" | Allowed: true or false'],
    [
      'PUBLIC_URL',
      'bot.example.com',
      'http.publicUrl is "bot.example.com" | Allowed: a URL such as https://bot.example.com, without a slash at the end',
    ],
    [
      'PARLANCE_OUTBOUND_CONCURENCY',
      '3',
      'no setting has this name | Did you mean PARLANCE_OUTBOUND_CONCURRENCY? All names are in config/example.env',
    ],
    ['PARLANCE_HTTP_PORT', '3', 'no setting has this name | This setting is called PORT'],
    ['PARLANCE_XYZ', '3', 'no setting has this name | Remove it, or look its name up in config/example.env'],
  ])('in a variable: %s=%s', (name, text, fault) => {
    expect(faultsOf({}, { [name]: text })).toEqual([`${name} | ${fault}`]);
  });

  it('in .env is named with the file', () => {
    expect(faultsOf({ '.env': 'PORT=eighty\nLOG_LEVEL: debug\n' })).toEqual([
      '.env:2 | the line sets no variable | Write NAME=value',
      'PORT (.env) | http.port is "eighty" | Allowed: a whole number from 0 to 65535',
    ]);
  });

  it('that many aliases multiply is refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${`*${'abcdefg'[i]},`.repeat(9)}]`),
    ];
    expect(faultsOf({ [DEFAULT]: `${bomb.join('\n')}\n` })).toHaveLength(1);
  });

  it('that is a file of more than 1 MB is refused', () => {
    expect(faultsOf({ [DEFAULT]: `# ${'x'.repeat(1_000_000)}\n` })[0]).toContain('the file is larger than 1 MB');
  });

  it('names a port that is wanted twice', () => {
    expect(faultsOf({}, { PORT: '8081' })).toEqual([
      'PORT | http.port and simulator.port are both 8081 | Give each its own port: PORT and PARLANCE_SIMULATOR_PORT',
    ]);
    expect(faultsOf({}, { PORT: '8081', PARLANCE_SIMULATOR_ENABLED: 'false' })).toEqual([]);
  });

  it('names a folder where a file should be', () => {
    expect(faultsOf({ [`${DEFAULT}/x`]: '' })[0]).toBe(
      `${DEFAULT} | it cannot be read (EISDIR) | Give the user that runs Parlance the right to read it`,
    );
  });

  it('is an object store without the keys to it', () => {
    const env = { PARLANCE_MEDIA_STORE: 's3', PARLANCE_MEDIA_S3_URL: 'https://s3.example.com/files' };
    expect(faultsOf({}, env)).toEqual([
      'PARLANCE_MEDIA_STORE | media.store is s3, and media.s3.accessKeyId is not set | Set PARLANCE_MEDIA_S3_ACCESS_KEY_ID, or media.store to disk',
      'PARLANCE_MEDIA_STORE | media.store is s3, and media.s3.secretAccessKey is not set | Set PARLANCE_MEDIA_S3_SECRET_ACCESS_KEY, or media.store to disk',
    ]);
  });
});

describe('a secret', () => {
  it.each([
    ['a token', 'accessToken', 'accessToken: hush-token', 'accessToken'],
    ['a token with a variable in it', 'accessToken', `accessToken: hush-\${WHATSAPP_APP_ID}`, 'accessToken'],
    ['an app secret', 'appSecrets', 'appSecrets: hush-secret', 'appSecrets'],
    ['an app secret in a list', 'appSecrets', 'appSecrets: [hush-secret-1]', 'appSecrets[1]'],
    ['a number', 'verifyToken', 'verifyToken: 1234567', 'verifyToken'],
  ])('%s in a file is refused without being shown', (_name, field, line, named) => {
    const yaml = WHATSAPP_YAML.replace(new RegExp(`^${field}:.*$`, 'm'), line);
    const faults = faultsOf({ [WHATSAPP]: yaml }, WHATSAPP_ENV);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`${named} is a secret, which must not stand in a file`);
    expect(faults[0]).toMatch(/whatsapp\.yaml:\d \|/);
    expect(faults[0]).not.toMatch(/hush|1234567/);
  });

  it('in the URL of Redis is refused in a file, and taken from a variable', () => {
    const faults = faultsOf({ [DEFAULT]: 'redis:\n  url: redis://me:hush@localhost\n' });
    expect(faults).toEqual([expect.stringContaining(`${DEFAULT}:2 | redis.url holds a password, which must not`)]);
    expect(faults[0]).not.toContain('hush');
    expect(load({ [DEFAULT]: `redis:\n  url: redis://me:\${PW}@localhost\n` }, { PW: 'x' }).redis.url).toBe(
      'redis://me:x@localhost',
    );
    expect(load({ [DEFAULT]: 'redis:\n  url: redis://localhost\n' }).redis.url).toBe('redis://localhost');
  });

  it('is not shown by any fault, also when it was put into the wrong variable', () => {
    const everyVariableIsASecret = Object.fromEntries(Object.keys(WHATSAPP_ENV).map((name) => [name, 'hush hush']));
    const faults = faultsOf(
      { [WHATSAPP]: WHATSAPP_YAML },
      {
        ...everyVariableIsASecret,
        REDIS_URL: 'localhost:hush',
        PARLANCE_OPS_OPERATOR_KEY: 'hush',
        PARLANCE_HUSHED: 'hush-value',
      },
    );
    expect(faults).toHaveLength(10);
    expect(faults.join('\n').replace('PARLANCE_HUSHED', '')).not.toContain('hush');
  });
});

describe('an endpoint file', () => {
  it('is an endpoint when all its variables are set', () => {
    const config = load(
      { [WHATSAPP]: WHATSAPP_YAML },
      { ...WHATSAPP_ENV, WHATSAPP_APP_SECRET: 'hush-new-one, hush-old-one' },
    );
    expect(config.endpoints).toEqual([
      {
        id: 'whatsapp',
        name: 'whatsapp',
        enabled: true,
        simulated: false,
        flow: 'welcome',
        locale: 'en',
        timeZone: 'UTC',
        urlToken: 'a-url-nobody-guesses',
        verifyToken: 'hush-verify-token',
        appId: '670843887433847',
        appSecrets: ['hush-new-one', 'hush-old-one'],
        accessToken: 'hush-access-token',
        phoneNumberId: '106540352242922',
        wabaId: '102290129340398',
        graphVersion: 'v25.0',
        graphApiUrl: 'https://graph.facebook.com',
        messageDelayMs: 500,
        sessionExpirationMinutes: 30,
        throughputPerSec: 80,
        duringSleep: 'interrupt',
        collectMs: 0,
        staffPauseMinutes: 60,
        startsTurn: {},
        handoverHours: [],
        media: {
          accept: { image: 100, video: 100, audio: 100, document: 100, sticker: 100 },
          types: [...USUAL_TYPES],
        },
        transcriptMinutes: 0,
        typingIndicator: true,
        markAsRead: true,
        fallback: 'Sorry, something went wrong on our side. Please try again in a moment.',
        env: {},
        secrets: {},
        llm: {},
        source: WHATSAPP,
      },
    ]);
    expect(config.simulatorOn).toBe(false);
    expect(config.origins['endpoints.whatsapp.appId']).toBe(`${WHATSAPP}:4, WHATSAPP_APP_ID`);
  });

  it('is skipped when none of its variables is set', () => {
    const { endpoints, skippedEndpoints } = load({ [WHATSAPP]: WHATSAPP_YAML }, { WHATSAPP_APP_ID: '' });
    expect(endpoints).toEqual([]);
    expect(skippedEndpoints).toEqual([
      { id: 'whatsapp', source: WHATSAPP, reason: 'not_configured', variables: Object.keys(WHATSAPP_ENV) },
    ]);
  });

  it('says which kinds of messages there are to start a turn', () => {
    const yaml = `${WHATSAPP_YAML}startsTurn: { reacton: true, sticker: maybe }\n`;
    const faults = faultsOf({ [WHATSAPP]: yaml }, WHATSAPP_ENV);
    expect(faults).toHaveLength(2);
    expect(faults.join('\n')).toMatch(/startsTurn\.reacton is not a setting \| Did you mean reaction\?/);
    expect(faults.join('\n')).toMatch(/startsTurn\.sticker is "maybe" \| Allowed: true or false/);
  });

  it('that is skipped is still checked', () => {
    expect(faultsOf({ [WHATSAPP]: `${WHATSAPP_YAML}localle: en\nmessageDelayMs: 26000\n` })).toEqual([
      `${WHATSAPP}:9 | localle is not a setting | Did you mean locale?`,
      `${WHATSAPP}:10 | messageDelayMs is 26000 | Allowed: a whole number from 0 to 25000 ms`,
    ]);
  });

  it('with some of its variables set names each that is missing, and what was set in its place', () => {
    const { WHATSAPP_APP_SECRET: _, WHATSAPP_APP_ID: appId, ...some } = WHATSAPP_ENV;
    expect(faultsOf({ [WHATSAPP]: WHATSAPP_YAML }, { ...some, WHATSAPP_APPID: appId })).toEqual([
      `${WHATSAPP}:4 | \${WHATSAPP_APP_ID} is not set | Set WHATSAPP_APP_ID in the environment or in .env; did you mean WHATSAPP_APPID, which is set?`,
      `${WHATSAPP}:5 | \${WHATSAPP_APP_SECRET} is not set | Set WHATSAPP_APP_SECRET in the environment or in .env`,
    ]);
  });

  it('with a phone number where an id belongs does not show it', () => {
    const yaml = WHATSAPP_YAML.replace(`\${WHATSAPP_PHONE_NUMBER_ID}`, '"+1 555 0100"');
    expect(faultsOf({ [WHATSAPP]: yaml }, WHATSAPP_ENV)).toEqual([
      `${WHATSAPP}:2 | phoneNumberId has a value that is not allowed | Allowed: the numeric phone number id, not the phone number (Meta app dashboard, WhatsApp > API Setup), 5 to 20 digits`,
    ]);
  });

  it('may hold ids as numbers, kept digit by digit', () => {
    const yaml = WHATSAPP_YAML.replace(`\${WHATSAPP_PHONE_NUMBER_ID}`, '01065403522429229999');
    expect(load({ [WHATSAPP]: yaml }, WHATSAPP_ENV).endpoints[0]?.phoneNumberId).toBe('01065403522429229999');
  });

  it('lacks what it does not say', () => {
    expect(faultsOf({ [WHATSAPP]: 'name: x\n' }).map((fault) => fault.split(' | ').slice(0, 2).join(' | '))).toEqual(
      ['flow', 'urlToken', 'verifyToken', 'appId', 'appSecrets', 'accessToken', 'phoneNumberId', 'wabaId'].map(
        (field) => `${WHATSAPP} | ${field} is missing`,
      ),
    );
  });

  it.each([
    ['urlToken: short', 'urlToken is "short"'],
    ['locale: klingon!', 'locale is "klingon!"'],
    ['timeZone: Mars/Base', 'timeZone is "Mars/Base"'],
    ['sessionExpirationMinutes: -1', 'sessionExpirationMinutes is -1'],
    ['throughputPerSec: 0', 'throughputPerSec is 0'],
    ['id: Not Good', 'id is "Not Good"'],
    ['fallback: " "', 'fallback is " "'],
    ['graphVersion: 25', 'graphVersion is "25"'],
    ['typingIndicator: maybe', 'typingIndicator is "maybe"'],
  ])('with %s is refused', (line, message) => {
    const yaml = WHATSAPP_YAML.split('\n').filter((other) => !other.startsWith(line.split(':')[0] ?? '?'));
    const [fault, ...more] = faultsOf({ [WHATSAPP]: `${yaml.join('\n')}${line}\n` }, WHATSAPP_ENV);
    expect(fault).toContain(`| ${message} | Allowed: `);
    expect(more).toEqual([]);
  });

  it('gives flows its own variables over the common ones', () => {
    const yaml = `${WHATSAPP_YAML}env:\n  SHOP_URL: https://own\n  PRICE: $\${5}\n`;
    const files = { [WHATSAPP]: yaml, [DEFAULT]: 'flows: { env: [SHOP_URL, SHOP_NAME] }' };
    const config = load(files, { ...WHATSAPP_ENV, SHOP_URL: 'https://common', SHOP_NAME: 'Shop' });
    expect(config.endpoints[0]?.env).toEqual({ SHOP_URL: 'https://own', SHOP_NAME: 'Shop', PRICE: `\${5}` });
    expect(faultsOf(files, { ...WHATSAPP_ENV, SHOP_URL: 'x' })).toEqual([
      'SHOP_NAME | flows.env names this variable, and it is not set | Set SHOP_NAME in the environment or in .env, or take it out of flows.env',
    ]);
  });

  it('gives flows its own secrets over the common ones, and keeps them out of files', () => {
    const yaml = `${WHATSAPP_YAML}secrets:\n  ORDERS_TOKEN: \${ORDERS_KEY}\n`;
    const files = { [WHATSAPP]: yaml, [DEFAULT]: 'flows: { secrets: [ORDERS_TOKEN, CRM_TOKEN] }' };
    const env = { ...WHATSAPP_ENV, ORDERS_KEY: 'own', ORDERS_TOKEN: 'common', CRM_TOKEN: 'crm' };
    expect(load(files, env).endpoints[0]?.secrets).toEqual({ ORDERS_TOKEN: 'own', CRM_TOKEN: 'crm' });
    expect(faultsOf({ [WHATSAPP]: `${WHATSAPP_YAML}secrets: { ORDERS_TOKEN: hunter22 }\n` }, WHATSAPP_ENV)).toEqual([
      expect.stringMatching(/^config\/endpoints\/whatsapp.yaml:\d+ \| secrets.ORDERS_TOKEN is a secret/),
    ]);
  });

  it('must not claim what another one has', () => {
    const files = { 'config/endpoints/a.yaml': WHATSAPP_YAML, 'config/endpoints/b.yml': `id: a\n${WHATSAPP_YAML}` };
    expect(faultsOf(files, WHATSAPP_ENV)).toEqual(
      ['id', 'phoneNumberId', 'urlToken'].map(
        (field) =>
          `config/endpoints/b.yml | it has the same ${field} as config/endpoints/a.yaml | Every endpoint needs its own ${field}`,
      ),
    );
  });

  it('that is empty or no YAML file counts for nothing', () => {
    const config = load({ 'config/endpoints/a.yaml': '# nothing yet\n', 'config/endpoints/b.yaml.bak': ':::' });
    expect([config.endpoints, config.skippedEndpoints]).toEqual([[], []]);
  });
});

describe('a demo bot', () => {
  const DEMO = { 'config/endpoints/demo.yaml': 'simulated: true\nflow: welcome\n' };

  it('is there while no real number is configured', () => {
    const config = load({ ...DEMO, [WHATSAPP]: WHATSAPP_YAML });
    expect(config.simulatorOn).toBe(true);
    expect(config.endpoints).toMatchObject([{ id: 'demo', simulated: true, graphApiUrl: 'http://127.0.0.1:8081' }]);
  });

  it('is left out beside a real number, unless the simulator is switched on', () => {
    const files = { ...DEMO, [WHATSAPP]: WHATSAPP_YAML };
    const config = load(files, WHATSAPP_ENV);
    expect(config.endpoints.map(({ id }) => id)).toEqual(['whatsapp']);
    expect(config.skippedEndpoints).toEqual([
      { id: 'demo', source: 'config/endpoints/demo.yaml', reason: 'simulator_off', variables: [] },
    ]);
    const both = load(files, {
      ...WHATSAPP_ENV,
      PARLANCE_SIMULATOR_ENABLED: 'true',
      PARLANCE_SIMULATOR_URL: 'http://simulator:8081',
    });
    expect(both.endpoints.map(({ graphApiUrl }) => graphApiUrl)).toEqual([
      'http://simulator:8081',
      'https://graph.facebook.com',
    ]);
  });

  it('has no credentials of its own', () => {
    expect(faultsOf({ 'config/endpoints/demo.yaml': 'simulated: true\nflow: welcome\naccessToken: hush\n' })).toEqual([
      expect.stringMatching(
        /^config\/endpoints\/demo\.yaml:3 \| accessToken is not a setting \| Allowed here: id, name/,
      ),
    ]);
  });
});

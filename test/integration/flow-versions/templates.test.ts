import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CalledWrongly } from '../../../src/cli/called-wrongly.js';
import { checkAll } from '../../../src/cli/check.js';
import { deploy } from '../../../src/cli/deploy.js';
import { templateWarnings } from '../../../src/cli/deploy-warnings.js';
import { connect } from '../../../src/cli/server.js';
import { type TemplatesOptions, templates } from '../../../src/cli/templates.js';
import type { Terminal } from '../../../src/cli/terminal.js';
import { listen } from '../../../src/shared/listen.js';
import { startParlance, type TestParlance } from '../../support/parlance.js';
import { makeProject, WHATSAPP_ENV } from '../../support/project.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { createSimulator, type Simulator } from '../../support/simulator.js';

const KEY = 'an-operator-key-of-tests';

let redis: TestRedis;
let simulator: Simulator;
let server: TestParlance;
let here: ReturnType<typeof makeProject>;
beforeAll(async () => {
  redis = await startTestRedis();
  simulator = await createSimulator();
  simulator.addTemplate({
    name: 'order_shipped',
    language: 'pt_PT',
    category: 'UTILITY',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Encomenda {{1}}', example: { header_text: ['17'] } },
      { type: 'BODY', text: 'Olá {{1}},\na encomenda {{2}} saiu.', example: { body_text: [['Rita', '17']] } },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Obrigada' },
          { type: 'URL', text: 'Seguir', url: 'https://shop.example/{{1}}', example: ['https://shop.example/17'] },
        ],
      },
    ],
  });
  simulator.addTemplate({
    name: 'come_back',
    language: 'en',
    category: 'MARKETING',
    parameter_format: 'NAMED',
    components: [
      { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['4::aW1hZ2U'] } },
      {
        type: 'BODY',
        text: 'Hello {{first_name}}!',
        example: { body_text_named_params: [{ param_name: 'first_name', example: 'Rita' }] },
      },
    ],
  });
  server = await startParlance({
    redisUrl: redis.url,
    role: 'web',
    files: { 'config/endpoints/demo.yaml': 'simulated: true\nflow: welcome\nenabled: false\n' },
    env: { GRAPH_API_URL: simulator.url, PARLANCE_OPS_OPERATOR_KEY: KEY },
  });
  here = makeProject({ 'config/flows/welcome.yaml': '' });
});
afterAll(async () => {
  here?.remove();
  await server?.stop();
  await simulator?.stop();
  await redis?.stop();
});

let out: string;
let notes: string;
beforeEach(() => {
  [out, notes] = ['', ''];
});

function terminal(): Terminal {
  return {
    cwd: here.dir,
    env: { PARLANCE_OPERATOR_KEY: KEY, PARLANCE_BY: 'ana' },
    color: false,
    write: (text) => {
      out += text;
    },
    note: (text) => {
      notes += text;
    },
    ask: undefined,
  };
}

const write = (steps: string) =>
  writeFileSync(join(here.dir, 'config/flows/welcome.yaml'), `spec: 1\nflow: welcome\nsteps:\n${steps}\n`);
const list = (name?: string, options: TemplatesOptions = {}) =>
  templates(name, { server: server.url, ...options }, terminal());
const check = () => checkAll(['config/flows'], { server: server.url, format: 'text' }, terminal());

describe('parlance templates', () => {
  it('lists what the account has', async () => {
    await list();
    expect(out).toBe(
      [
        `Templates of account ${WHATSAPP_ENV.WHATSAPP_WABA_ID} (whatsapp)`,
        '  come_back      en     marketing  approved',
        '  hello_world    en_US  utility    approved',
        '  order_shipped  pt_PT  utility    approved',
        '',
      ].join('\n'),
    );
    expect(notes).toBe('');
  });

  it('gives a step to be copied, which fits', async () => {
    await list('order_shipped');
    expect(out).toBe(
      [
        '# order_shipped in pt_PT: utility, approved',
        '# Encomenda {{1}}',
        '# Olá {{1}},',
        '# a encomenda {{2}} saiu.',
        '# [0] Obrigada',
        '# [1] Seguir',
        '- say:',
        '    template:',
        '      name: order_shipped',
        '      language: pt_PT',
        '      header: …',
        '      body:',
        '        - …',
        '        - …',
        '      buttons:',
        '        - index: 0',
        '          payload: …',
        '        - index: 1',
        '          url: …',
        '',
      ].join('\n'),
    );
    await list('come_back');
    write(out);
    [out, notes] = ['', ''];
    expect(await check()).toBe(0);
    expect(out).toBe('nothing to complain about in 1 flow file\n');
  });

  it('says what there is in place of what there is not', async () => {
    await expect(list('order_shiped')).rejects.toThrow(
      'There is no template order_shiped: did you mean order_shipped?',
    );
    await expect(list('order_shipped', { language: 'de' })).rejects.toThrow(
      'There is no template order_shipped in de; it is there in pt_PT.',
    );
    await expect(list(undefined, { endpoint: 'demo' })).rejects.toThrow(CalledWrongly);
  });

  it('speaks to programs', async () => {
    await list('come_back', { json: true });
    expect(JSON.parse(out)).toMatchObject({
      accounts: [
        {
          endpoints: [{ endpoint: 'whatsapp', flow: 'welcome' }],
          templates: [{ name: 'come_back', header: { kind: 'image' }, body: ['first_name'], isNamed: true }],
        },
      ],
    });
  });
});

const WRONG =
  '  - say: { template: { name: order_shiped, language: pt_PT } }\n  - say: { template: { name: come_back, language: en, header: { image: "https://x.example/a.png" }, body: { name: Rita } } }';

describe('a message that does not fit its template', () => {
  it('is an error of a check that asks the server', async () => {
    write(WRONG);
    expect(await check()).toBe(1);
    expect(out.split('\n').filter((line) => line.startsWith('config/'))).toEqual([
      'config/flows/welcome.yaml:4:30 error the account has no template `order_shiped` [unknown-template]',
      'config/flows/welcome.yaml:5:109 error `come_back` has no gap `name` [template-parameters]',
    ]);
    [out, notes] = ['', ''];
    expect(await checkAll(['config/flows'], { format: 'text' }, terminal())).toBe(0);
  });

  it('is a warning of a deploy, which goes on', async () => {
    write(WRONG);
    expect(await deploy('config/flows', { server: server.url, message: 'spring' }, terminal())).toBe(0);
    expect(notes).toMatch(/warning the account has no template `order_shiped` \[unknown-template\]/);
    expect(notes).toMatch(/2 warnings in 1 flow file\n/);
    expect(out).toMatch(/^Version \d+ is deployed on /);
  });

  it('stands beside what a deploy says of flows nobody comes to', async () => {
    write('  - say: Hello');
    writeFileSync(join(here.dir, 'config/flows/news.yaml'), 'spec: 1\nflow: news\nsteps: [{ say: Hello }]\n');
    const asked = { server: server.url, message: '' };
    const words = '  No endpoint begins with the new flow "news", and no flow runs it.\n';
    expect(await deploy('config/flows', { ...asked, dryRun: true }, terminal())).toBe(0);
    expect(out).toContain(words);
    out = '';
    await deploy('config/flows', asked, terminal());
    expect(out).toContain(words);
    // What was there before is not new any more.
    out = '';
    write('  - say: Hello again');
    await deploy('config/flows', asked, terminal());
    expect(out).not.toContain('news');
    rmSync(join(here.dir, 'config/flows/news.yaml'));
  });

  it('is not looked at when Meta tells of no templates, which is said', async () => {
    const other = await startParlance({
      redisUrl: redis.url,
      role: 'web',
      env: {
        GRAPH_API_URL: simulator.url,
        PARLANCE_OPS_OPERATOR_KEY: KEY,
        WHATSAPP_WABA_ID: '987654321',
        WHATSAPP_ACCESS_TOKEN: 'of-somebody-else-hush',
      },
    });
    try {
      write(WRONG);
      expect(await checkAll(['config/flows'], { server: other.url, format: 'text' }, terminal())).toBe(0);
      expect(notes).toMatch(
        /^The templates of account 987654321 \(whatsapp\) could not be read \(\w+\): they are not known.\n$/,
      );
    } finally {
      await other.stop();
    }
  });

  it('is not looked at when the server cannot tell, which is said and stops no deploy', async () => {
    const broken = createServer((_req, res) => res.writeHead(502).end('<html>Bad Gateway</html>'));
    const shown = { findings: [], files: 0, textOf: () => undefined };
    const url = `http://127.0.0.1:${await listen(broken, 0, '127.0.0.1')}`;
    try {
      const words = await templateWarnings(connect({ server: url, key: KEY }, here.dir, {}), [], shown, false);
      expect(words).toBe(`Messages were not checked against templates: ${url} failed (502): its log says more.\n`);
    } finally {
      broken.close();
    }
  });

  it('is nothing a stranger may ask about', async () => {
    const answer = await fetch(`${server.url}/ops/templates`);
    expect(answer.status).toBe(401);
  });
});

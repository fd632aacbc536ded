import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CloudApiClient, createCloudApiClient } from '../../../src/cloud-api/client.js';
import { createTemplateBook, type TemplateBook } from '../../../src/outbound/template-book.js';
import { createTemplateKeeper, type TemplateKeeper } from '../../../src/outbound/template-keeper.js';
import { OPS } from '../../../src/redis/lane.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { acceptorOn, type Core, silent, startCore } from '../../support/core.js';
import { createSignal } from '../../support/signal.js';
import { type SimulatorRig, startSimulatorRig, TOKEN, WABA } from '../../support/simulator-rig.js';

const account = { wabaId: WABA };
const MINUTE_MS = 60_000;

let core: Core;
let meta: SimulatorRig;
let client: CloudApiClient;
let book: TemplateBook<typeof account>;
/** paths of the calls for templates, since the test began */
let pages: number;
beforeAll(async () => {
  core = await startCore();
});
afterAll(() => core.stop());
beforeEach(async () => {
  meta = await startSimulatorRig();
  client = createCloudApiClient({ baseUrl: meta.url, timeoutMs: 2_000, connections: 4 });
  pages = 0;
  book = bookOf(TOKEN);
});
afterEach(async () => {
  await client.close();
  await meta.stop();
  await core.client.flushall();
});

function bookOf(accessToken: string): TemplateBook<typeof account> {
  return createTemplateBook({
    redis: core.client,
    clientFor: () => ({
      templates(call) {
        pages += 1;
        return client.templates(call);
      },
    }),
    callOptions: () => ({ phoneNumberId: '1', graphVersion: 'v25.0', accessToken }),
    clock: core.clock,
  });
}

const plant = (name: string, text = 'Hello {{1}}, it is ready.') =>
  meta.simulator.addTemplate({
    name,
    language: 'pt_PT',
    category: 'UTILITY',
    components: [{ type: 'BODY', text, ...(text.includes('{{') ? { example: { body_text: [['Rita']] } } : {}) }],
  });
const using = (name: string, ...values: string[]): JsonObject => ({
  name,
  language: { code: 'pt_PT' },
  components: [{ type: 'body', parameters: values.map((text) => ({ type: 'text', text })) }],
});

describe('the template book', () => {
  it('reads all templates of an account, page by page, and forgets what is gone', async () => {
    const planted = Array.from({ length: 205 }, (_, i) => plant(`t_${i}`));
    // With the one Meta gives everybody.
    expect(await book.sync(account)).toEqual({ outcome: 'synced', templates: 206 });
    expect(pages).toBe(3);
    const known = await book.all(WABA);
    expect(known?.templates).toHaveLength(206);
    expect(known?.templates.find(({ name }) => name === 't_204')).toMatchObject({
      status: 'APPROVED',
      category: 'UTILITY',
      body: ['1'],
    });
    await meta.graph(`/${WABA}/message_templates?name=${planted[0]?.name}`, undefined, { method: 'DELETE' });
    await book.sync(account);
    expect((await book.all(WABA))?.templates).toHaveLength(205);
  });

  it('says what is wrong with a message, as long as it knows', async () => {
    plant('pickup_ready');
    // Nobody has read the account yet: Meta decides.
    expect(await book.faultOf(account, using('pickup_ready'))).toBeUndefined();
    expect(pages).toBe(0);
    await book.sync(account);
    expect(await book.faultOf(account, using('pickup_ready'))).toBe(
      'template_parameters: body has 1 gap: value 1 is missing',
    );
    expect(await book.faultOf(account, using('pickup_ready', 'Rita'))).toBeUndefined();
    expect(await book.faultOf(account, using('pickup_reddy', 'Rita'))).toMatch(/^template_missing: /);
    expect(await book.faultOf(account, { ...using('pickup_ready', 'Rita'), language: { code: 'en' } })).toMatch(
      /^template_missing: /,
    );
  });

  it('refuses nothing on old knowledge', async () => {
    await book.sync(account);
    core.clock.advance(2 * MINUTE_MS);
    plant('new_today');
    expect(await book.faultOf(account, using('new_today', 'Rita'))).toBeUndefined();
    expect(pages).toBe(2);
    // What fits is not read again, however old it is.
    core.clock.advance(1_000 * MINUTE_MS);
    expect(await book.faultOf(account, using('new_today', 'Rita'))).toBeUndefined();
    expect(pages).toBe(2);
  });

  it('reads once for many messages that do not fit', async () => {
    plant('pickup_ready');
    await book.sync(account);
    core.clock.advance(2 * MINUTE_MS);
    const faults = await Promise.all(
      Array.from({ length: 50 }, () => book.faultOf(account, using('pickup_ready', 'a', 'b'))),
    );
    expect(new Set(faults)).toEqual(new Set(['template_parameters: body has 1 gap: 2 values are too many']));
    expect(pages).toBe(2);
  });

  it('pauses the one template Meta has paused, for all processes, until Meta says otherwise', async () => {
    const one = plant('one');
    plant('other');
    await book.sync(account);
    await book.learn(account, using('one'), 'PAUSED');
    const elsewhere = bookOf(TOKEN);
    expect(await elsewhere.faultOf(account, using('one', 'Rita'))).toBe('template_paused: Meta has it as PAUSED');
    expect(await elsewhere.faultOf(account, using('other', 'Rita'))).toBeUndefined();
    expect(one.status).toBe('APPROVED');
    core.clock.advance(2 * MINUTE_MS);
    expect(await elsewhere.faultOf(account, using('one', 'Rita'))).toBeUndefined();
  });

  it('leaves to Meta what it cannot read, and asks once a minute', async () => {
    plant('pickup_ready');
    await book.sync(account);
    const locked = bookOf('no-such-token');
    expect(await locked.sync(account)).toEqual({ outcome: 'paused', reason: 'token_invalid', code: 190 });
    // What was known is kept.
    expect((await book.all(WABA))?.templates).toHaveLength(2);
    core.clock.advance(2 * MINUTE_MS);
    for (let i = 0; i < 10; i++) expect(await locked.faultOf(account, using('pickup_ready'))).toBeUndefined();
    expect(pages).toBe(3);
  });
});

describe('the template keeper', () => {
  const keepers: TemplateKeeper[] = [];
  afterEach(async () => {
    for (const keeper of keepers.splice(0)) await keeper.stop();
  });

  function keep(heard: (templates: number) => void): void {
    const keeper = createTemplateKeeper({
      redis: core.client,
      book: {
        async sync(it) {
          const read = await book.sync(it);
          if (read.outcome === 'synced') heard(read.templates);
          return read;
        },
      },
      accounts: () => [account, account],
      log: silent,
      lookEveryMs: 5,
      syncEveryMs: 3_600_000,
    });
    keepers.push(keeper);
    keeper.start();
  }

  it('reads at the start and when a webhook tells of a template, one of several processes for all', async () => {
    const reads: number[] = [];
    const first = createSignal();
    const second = createSignal();
    const heard = (templates: number) => {
      reads.push(templates);
      if (templates === 1) first.reach();
      if (templates === 2) second.reach();
    };
    keep(heard);
    keep(heard);
    await first.reached;
    expect(reads).toEqual([1]);

    plant('pickup_ready');
    const accept = acceptorOn(core.client, { clock: core.clock });
    const news = (field: string) => ({
      kind: 'account' as const,
      field,
      wabaId: WABA,
      phoneNumberId: undefined,
      raw: { event: 'APPROVED', message_template_name: 'pickup_ready' },
    });
    await accept([news('account_alerts'), news('message_template_status_update')], 'any');
    await second.reached;
    await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
    expect(reads).toEqual([1, 2]);
    expect((await book.all(WABA))?.templates.map(({ name }) => name)).toEqual(['hello_world', 'pickup_ready']);
  });

  it('tries an account again that could not be read', async () => {
    await meta.simulator.stop();
    const tried = createSignal();
    const keeper = createTemplateKeeper({
      redis: core.client,
      book: {
        async sync(it) {
          const read = await book.sync(it);
          tried.reach();
          return read;
        },
      },
      accounts: () => [account],
      log: silent,
      lookEveryMs: 5,
      syncEveryMs: 3_600_000,
    });
    keepers.push(keeper);
    keeper.start();
    await tried.reached;
    await keepers.pop()?.stop();
    const restMs = await core.client.pttl(`${OPS.prefix}templates-read:${WABA}`);
    expect(restMs).toBeLessThanOrEqual(300_000);
  });
});

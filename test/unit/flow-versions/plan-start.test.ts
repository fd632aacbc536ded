import { describe, expect, it } from 'vitest';
import { planStart } from '../../../src/flow-versions/plan-start.js';
import { switched, withCanary } from '../../../src/flow-versions/pointer.js';
import type { FlowState } from '../../../src/flow-versions/store.js';

const BOT = { id: 'bot', flow: 'welcome', phoneNumberId: '1' };
const SHOP = { id: 'shop', flow: 'orders', phoneNumberId: '2' };
const FOLDER = { hash: 'new', flows: ['welcome'] };
const stateWith = (pointers: { [endpoint: string]: string }, other: Partial<FlowState> = {}): FlowState => ({
  pointers: new Map(Object.entries(pointers).map(([id, version]) => [id, switched(undefined, version, 0)])),
  versions: [],
  withdrawn: new Set(),
  folder: undefined,
  ...other,
});
const all = () => true;

describe('a start', () => {
  it.each([
    ['that is the first one', {}, undefined, ['bot']],
    ['with a folder that has changed since the last', { bot: 'old' }, 'old', ['bot']],
    ['with the same folder, after a rollback or a deploy', { bot: 'rolled-back' }, 'new', []],
    ['with the same folder and nothing since', { bot: 'new' }, 'new', []],
    ['with an endpoint that is new', {}, 'new', ['bot']],
  ])('%s', (_which, pointers, folder, expected) => {
    const plan = planStart(FOLDER, stateWith(pointers, { folder }), [BOT], all);
    expect(plan).toEqual({ switch: expected, rescued: [], missing: [] });
  });

  it('leaves alone an endpoint whose flows were deployed from elsewhere, and misses one that has none', () => {
    expect(planStart(FOLDER, stateWith({ shop: 'theirs' }), [BOT, SHOP], all)).toMatchObject({
      switch: ['bot'],
      missing: [],
    });
    expect(planStart(FOLDER, stateWith({}), [BOT, SHOP], all).missing).toEqual([SHOP]);
  });

  it.each([
    ['cannot be run by this program', stateWith({ bot: 'old' }, { folder: 'new' }), (hash: string) => hash !== 'old'],
    [
      'was withdrawn while the endpoint was away',
      stateWith({ bot: 'old' }, { folder: 'new', withdrawn: new Set(['old']) }),
      all,
    ],
    [
      'has a canary that cannot be run',
      stateWith(
        {},
        {
          folder: 'new',
          pointers: new Map([['bot', withCanary(switched(undefined, 'a', 0), { version: 'b', percent: 5 }, 0)]]),
        },
      ),
      (hash: string) => hash !== 'b',
    ],
  ])('rescues an endpoint whose version %s', (_what, state, canRun) => {
    expect(planStart(FOLDER, state, [BOT], canRun)).toMatchObject({ switch: ['bot'], rescued: ['bot'] });
    expect(planStart(undefined, state, [BOT], canRun).missing).toEqual([BOT]);
  });
});

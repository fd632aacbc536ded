import { describe, expect, it } from 'vitest';
import { affectedWords, choiceWords, leftWords, switchWords } from '../../../src/cli/version-words.js';
import type { Affected, Switch } from '../../../src/flow-versions/wire.js';

describe('an endpoint', () => {
  it.each<[Omit<Switch, 'endpoint'>, string]>([
    [{ to: 1 }, 'shop: version 1'],
    [{ from: 4, to: 5 }, 'shop: version 4 → version 5'],
    [
      { from: 4, to: 5, canaryBefore: { version: 5, percent: 10 } },
      'shop: version 4 → version 5, which 10 % began with until now',
    ],
    [
      { from: 4, to: 5, canaryBefore: { version: 3, percent: 10 } },
      'shop: version 4 → version 5; the canary of 10 % with version 3 ends',
    ],
    [
      { from: 5, to: 4, canaryBefore: { version: 5, percent: 10 } },
      'shop: all begin with version 4; the canary of 10 % with version 5 ends',
    ],
    [
      { from: 4, to: 5, canaryPercent: 10 },
      'shop: 10 % of contacts begin with version 5, the others stay on version 4',
    ],
    [
      { from: 4, to: 5, canaryPercent: 25, canaryBefore: { version: 5, percent: 10 } },
      'shop: 25 % of contacts begin with version 5 (10 % until now), the others stay on version 4',
    ],
    [
      { from: 4, to: 6, canaryPercent: 5, canaryBefore: { version: 5, percent: 10 } },
      'shop: 5 % of contacts begin with version 6, the others stay on version 4; the canary of 10 % with version 5 ends',
    ],
  ])('%j', (one, words) => expect(switchWords({ endpoint: 'shop', ...one })).toBe(words));

  it('that is left as it is says what it begins with', () => {
    expect(
      leftWords({
        unchanged: [{ endpoint: 'shop', version: 5 }],
        untouched: [
          { endpoint: 'help', flow: 'help', version: 2, canary: { version: 3, percent: 20 } },
          { endpoint: 'new', flow: 'orders' },
        ],
      }),
    ).toBe(
      '  shop: unchanged, begins with version 5 already\n' +
        '  help: not touched, its flow "help" is not among these; it begins with version 2, 20 % with version 3 as before\n' +
        '  new: not touched, its flow "orders" is not among these; it has no version yet\n',
    );
  });
});

describe('conversations under way', () => {
  const affected = (other: Partial<Affected>): Affected => ({
    open: 142,
    versions: [
      { version: 4, count: 130, gone: 3 },
      { version: 3, count: 12, gone: 0 },
    ],
    gone: [{ version: 4, flow: 'welcome', step: 'ask', count: 3 }],
    looked: 150,
    complete: true,
    ...other,
  });

  it('are counted by version, and by step where a step is gone', () => {
    expect(affectedWords(affected({}))).toBe(
      '142 conversations are under way on another version; 3 wait at steps that are gone or, without an id, cannot be found again:\n' +
        '      3  welcome/ask  (version 4)\n' +
        'By version:\n    130  on version 4, 3 of them at steps that are gone\n     12  on version 3\n',
    );
    expect(affectedWords(affected({ open: 1, versions: [{ version: 4, count: 1, gone: 0 }], gone: [] }))).toBe(
      '1 conversation is under way on another version; all of them wait at steps that are still there.\n',
    );
    expect(affectedWords(affected({ open: 0, versions: [], gone: [] }), 'on it')).toBe(
      'No conversation is under way on it.\n',
    );
    expect(affectedWords(affected({ open: 0, versions: [], gone: [], complete: false }))).toContain(
      '150 were looked at',
    );
  });

  it('may be kept, moved or ended, and it is said what that means', () => {
    expect(choiceWords(affected({ gone: [] }))).toBe('');
    expect(choiceWords(affected({}))).toBe(
      '  --keep  all 142 end on the version they began with\n' +
        '  --move  139 go on in the new version; 3 whose step is gone begin at the top with the next message, context and profile stay\n' +
        '  --end   all 142 are over, the next message begins anew; whoever is with a person stays there\n',
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { RuleTarget } from '../../../src/simulator/rules.js';
import { createRuleBook, Rule } from '../../../src/simulator/rules.js';

const RITA: RuleTarget = { phoneNumberId: '701', contactId: 'rita', type: 'text' };

function book(...rules: Rule[]) {
  const made = createRuleBook();
  for (const rule of rules) made.add(Rule.parse(rule));
  return made;
}

describe('a rule', () => {
  it('strikes once unless it is asked to do so more often', () => {
    const rules = book({ via: 'send', effect: { code: 131048 } });
    expect([rules.strike('call', RITA), rules.strike('send', RITA), rules.strike('send', RITA)]).toEqual([
      undefined,
      { code: 131048 },
      undefined,
    ]);
  });

  it('lets some pass, strikes some, and is gone then', () => {
    const rules = book({ via: 'send', effect: { code: 1 }, skip: 2, times: 2 });
    const struck = Array.from({ length: 6 }, () => rules.strike('send', RITA) !== undefined);
    expect(struck).toEqual([false, false, true, true, false, false]);
    expect(rules.list()).toEqual([]);
  });

  it('strikes for ever when told so, and says how often it did', () => {
    const rules = book({ via: 'call', effect: { answer: 'html' }, times: 0 });
    for (let n = 0; n < 5; n += 1) expect(rules.strike('call', {})).toEqual({ answer: 'html' });
    expect(rules.list()).toMatchObject([{ id: 'rule-1', struck: 5 }]);
    expect(rules.remove('rule-1')).toBe(true);
    expect(rules.strike('call', {})).toBeUndefined();
  });

  it.each<[Rule['match'], RuleTarget, boolean]>([
    [{}, {}, true],
    [{ phoneNumberId: '701' }, RITA, true],
    [{ phoneNumberId: '702' }, RITA, false],
    [{ contactId: 'rita' }, { phoneNumberId: '701' }, false],
    [{ contactId: 'rita', phoneNumberId: '701' }, RITA, true],
    [{ type: 'text' }, RITA, true],
    [{ type: 'image' }, RITA, false],
    [{ type: 'interactive' }, { type: 'interactive list' }, true],
    [{ type: 'interactive list' }, { type: 'interactive list' }, true],
    [{ type: 'interactive button' }, { type: 'interactive list' }, false],
    [{ template: 'order_ready' }, { template: 'order_ready' }, true],
    [{ template: 'order_ready' }, { type: 'text' }, false],
    [{ text: 'bread' }, { text: '{"body":"our bread"}' }, true],
    [{ text: 'bread' }, { text: '{"body":"our cake"}' }, false],
    [{ text: 'bread' }, {}, false],
    [{ path: '/media' }, { path: '/v25.0/7/media' }, true],
    [{ path: '/media' }, { path: '/v25.0/7/messages' }, false],
  ])('%j fits %j: %s', (match, target, expected) => {
    const rules = book({ via: 'send', effect: { code: 1 }, ...(match === undefined ? {} : { match }) });
    expect(rules.strike('send', target) !== undefined).toBe(expected);
  });

  it('comes in the order of age, and others have their turn when it is used up', () => {
    const rules = book({ via: 'send', effect: { code: 1 } }, { via: 'send', effect: { code: 2 } });
    expect([rules.strike('send', RITA), rules.strike('send', RITA)]).toEqual([{ code: 1 }, { code: 2 }]);
  });

  it('about statuses is no rule about calls', () => {
    const rules = book({ via: 'status', effect: { lose: ['delivered'] } });
    expect(rules.strike('send', RITA)).toBeUndefined();
    expect(rules.strikeStatus(RITA)).toEqual({ lose: ['delivered'] });
    rules.add(Rule.parse({ via: 'status', effect: { delayMs: 5 } }));
    rules.clear();
    expect(rules.strikeStatus(RITA)).toBeUndefined();
  });

  it.each([
    ['an answer for a status', { via: 'status', effect: { answer: 'html' } }],
    ['a loss for a send', { via: 'send', effect: { lose: ['read'] } }],
    ['two effects', { via: 'send', effect: { code: 1, answer: 'html' } }],
    ['no effect', { via: 'send' }],
    ['a misspelt match', { via: 'send', effect: { code: 1 }, match: { contact: 'rita' } }],
  ])('cannot have %s', (_name, rule) => expect(Rule.safeParse(rule).success).toBe(false));
});

import { describe, expect, it, vi } from 'vitest';
import type { FaultId } from '../../../src/simulator/faults.js';
import { createFaultBoard, FAULT_IDS, FAULTS, isFaultId } from '../../../src/simulator/faults.js';

const A = { phoneNumberId: '701', contactId: 'rita' };
const B = { phoneNumberId: '702', contactId: 'rita' };

function board() {
  const changed = vi.fn();
  return { faults: createFaultBoard(changed), changed };
}

describe('the table of faults', () => {
  it('has a label and an explanation for each', () => {
    for (const id of FAULT_IDS) {
      expect(FAULTS[id].label.length).toBeGreaterThan(3);
      expect(FAULTS[id].explanation).toMatch(/\.$/);
    }
  });

  it('knows its own ids and no inherited names', () => {
    expect(isFaultId('duplicate')).toBe(true);
    expect(isFaultId('toString')).toBe(false);
  });
});

describe('a fault that is switched on', () => {
  it('strikes on its number only, until it is switched off', () => {
    const { faults } = board();
    expect(faults.strikes('701', 'duplicate')).toBe(false);
    faults.set('701', 'duplicate', true);
    expect([faults.strikes('701', 'duplicate'), faults.strikes('701', 'duplicate')]).toEqual([true, true]);
    expect(faults.strikes('702', 'duplicate')).toBe(false);
    expect(faults.strikes('701', 'reorder')).toBe(false);
    faults.set('701', 'duplicate', false);
    expect(faults.strikes('701', 'duplicate')).toBe(false);
  });

  it('uses itself up when asked for so many times, and says so each time', () => {
    const { faults, changed } = board();
    faults.set('701', 'slow', true, 2);
    expect(faults.active('701')).toEqual({ slow: { timesLeft: 2 } });
    expect([1, 2, 3].map(() => faults.strikes('701', 'slow'))).toEqual([true, true, false]);
    expect(faults.active('701')).toEqual({});
    expect(changed.mock.calls).toEqual([['701'], ['701'], ['701']]);
  });

  it('strikes once when the table says so', () => {
    const { faults } = board();
    faults.set('701', 'server-error', true);
    expect([1, 2].map(() => faults.strikesWith(A, 'send'))).toEqual([131000, undefined]);
  });

  it.each<[FaultId, 'call' | 'send' | 'status', number]>([
    ['token-expired', 'call', 190],
    ['server-error', 'send', 131000],
    ['undeliverable', 'status', 131026],
    ['window-closed', 'status', 131047],
  ])('%s refuses at %s with %i and nowhere else', (id, point, code) => {
    const { faults } = board();
    faults.set('701', id, true, 10);
    for (const other of ['call', 'send', 'status'] as const) {
      expect(faults.strikesWith(A, other)).toBe(other === point ? code : undefined);
    }
    expect(faults.strikesWith(B, point)).toBeUndefined();
  });
});

describe('an injected error', () => {
  it('strikes once by default, anywhere it is not bound to', () => {
    const { faults } = board();
    faults.inject({ code: 131048, via: 'send' });
    expect([faults.strikesWith(B, 'status'), faults.strikesWith(B, 'send'), faults.strikesWith(A, 'send')]).toEqual([
      undefined,
      131048,
      undefined,
    ]);
  });

  it('keeps to its number and contact', () => {
    const { faults } = board();
    faults.inject({ code: 368, via: 'send', phoneNumberId: '702', contactId: 'kofi', times: 2 });
    expect(faults.strikesWith(B, 'send')).toBeUndefined();
    expect(faults.strikesWith({ phoneNumberId: '701', contactId: 'kofi' }, 'send')).toBeUndefined();
    expect(faults.strikesWith({ phoneNumberId: '702' }, 'send')).toBeUndefined();
    const hit = { phoneNumberId: '702', contactId: 'kofi' };
    expect([1, 2, 3].map(() => faults.strikesWith(hit, 'send'))).toEqual([368, 368, undefined]);
  });

  it('comes in the order of injection, before the switches', () => {
    const { faults } = board();
    faults.set('701', 'server-error', true);
    faults.inject({ code: 1, via: 'send' });
    faults.inject({ code: 2, via: 'send' });
    expect([1, 2, 3, 4].map(() => faults.strikesWith(A, 'send'))).toEqual([1, 2, 131000, undefined]);
  });

  it('is forgotten with all faults', () => {
    const { faults } = board();
    faults.inject({ code: 1, via: 'send', times: 5 });
    faults.set('701', 'slow', true);
    faults.clear();
    expect(faults.strikesWith(A, 'send')).toBeUndefined();
    expect(faults.active('701')).toEqual({});
  });
});

import { describe, expect, it, vi } from 'vitest';
import type { FaultId } from '../../../src/simulator/faults.js';
import { createFaultBoard, FAULT_IDS, FAULTS, isFaultId } from '../../../src/simulator/faults.js';

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
    expect([1, 2].map(() => faults.strikesWith('701', 'send'))).toEqual([131000, undefined]);
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
      expect(faults.strikesWith('701', other)).toBe(other === point ? code : undefined);
    }
    expect(faults.strikesWith('702', point)).toBeUndefined();
  });
});

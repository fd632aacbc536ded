import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/fault.js';
import { nearest } from '../../../src/config/nearest.js';

describe('the error an operator reads', () => {
  it('counts the faults and gives each its place, what is wrong and what to do', () => {
    const error = new ConfigError([
      { where: 'config/default.yaml:7', message: 'http.port is "eighty"', allowed: 'Allowed: a whole number' },
      { where: 'config/default.yaml:9', message: 'http.hots is not a setting', allowed: 'Did you mean host?' },
    ]);
    expect(error.message).toBe(
      [
        '2 settings need your attention before Parlance can start:',
        '',
        '  config/default.yaml:7',
        '    http.port is "eighty".',
        '    Allowed: a whole number.',
        '',
        '  config/default.yaml:9',
        '    http.hots is not a setting.',
        '    Did you mean host?',
      ].join('\n'),
    );
  });
});

describe('the nearest name', () => {
  it.each([
    ['prot', 'port'],
    ['Port', 'port'],
    ['timeout', 'timeoutMs'],
    ['hots', 'host'],
    ['publicURL', 'publicUrl'],
    ['zebra', undefined],
    ['', undefined],
  ])('to %s is %s', (given, meant) => {
    expect(nearest(given, ['host', 'port', 'publicUrl', 'timeoutMs'])).toBe(meant);
  });
});

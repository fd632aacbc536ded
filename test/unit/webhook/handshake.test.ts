import { describe, expect, it } from 'vitest';
import { answerHandshake } from '../../../src/webhook/handshake.js';

const query = { 'hub.mode': 'subscribe', 'hub.challenge': '1158201444', 'hub.verify_token': 'new-token' };

describe('answerHandshake', () => {
  it.each([[['new-token']], [['old-token', 'new-token']], [['', 'new-token']]])('verifies with any of %j', (tokens) => {
    expect(answerHandshake(query, tokens)).toEqual({ outcome: 'verified', challenge: '1158201444' });
  });

  it.each([
    ['another mode', { 'hub.mode': 'unsubscribe' }],
    ['no mode', { 'hub.mode': undefined }],
    ['another token', { 'hub.verify_token': 'new-tokem' }],
    ['a longer token', { 'hub.verify_token': 'new-token ' }],
    ['no token', { 'hub.verify_token': undefined }],
    ['an empty token', { 'hub.verify_token': '' }],
    ['a token twice', { 'hub.verify_token': ['new-token', 'new-token'] }],
    ['a token as an object', { 'hub.verify_token': { toString: 'new-token' } }],
    ['no challenge', { 'hub.challenge': undefined }],
    ['an empty challenge', { 'hub.challenge': '' }],
    ['a challenge twice', { 'hub.challenge': ['1', '2'] }],
    ['a challenge of HTML', { 'hub.challenge': '<script>alert(1)</script>' }],
    ['a challenge of two lines', { 'hub.challenge': '1\n' }],
    ['a challenge of 257 characters', { 'hub.challenge': '1'.repeat(257) }],
  ])('refuses %s', (_what, change) => {
    expect(answerHandshake({ ...query, ...change }, ['new-token', ''])).toEqual({ outcome: 'refused' });
  });

  it.each([[[]], [['']]])('refuses everybody when the tokens are %j', (tokens) => {
    expect(answerHandshake({ ...query, 'hub.verify_token': '' }, tokens)).toEqual({ outcome: 'refused' });
  });

  it('echoes a challenge of letters, digits, dashes and 256 characters', () => {
    const challenge = `aZ0_-${'9'.repeat(251)}`;
    expect(answerHandshake({ ...query, 'hub.challenge': challenge }, ['new-token'])).toEqual({
      outcome: 'verified',
      challenge,
    });
  });
});

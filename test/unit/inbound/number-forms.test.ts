import { expect, it } from 'vitest';
import { createIds } from '../../../src/inbound/ids.js';
import { oneForm } from '../../../src/inbound/number-forms.js';

it.each([
  ['a Brazilian mobile with and without the ninth digit', '5511987654321', '551187654321'],
  ['a Mexican mobile with and without the 1', '5215512345678', '525512345678'],
  ['an Argentine mobile with and without the 9', '5491123456789', '541123456789'],
])('%s is one person', (_what, long, short) => {
  expect(oneForm(long)).toBe(short);
  expect(oneForm(short)).toBe(short);
  const ids = createIds('salt');
  expect(ids.identity({ waId: long })).toEqual(ids.identity({ waId: short }));
  expect(ids.identity({ bsuid: 'BR.1', waId: long })).toEqual(ids.identity({ bsuid: 'BR.1', waId: short }));
});

it.each([
  ['a Brazilian landline', '551132345678'],
  ['a Brazilian number that only begins like a mobile', '5511932345678'],
  ['a number of another country', '351910000002'],
  ['a Mexican number one digit short', '521551234567'],
  ['an American number', '15551234567'],
])('%s stays as it is', (_what, number) => expect(oneForm(number)).toBe(number));

import { expect, it } from 'vitest';
import { type Choice, readChoice, readEmail, readNumber, readYesNo } from '../../../src/flow/questions/answers.js';
import { fold, WORDS } from '../../../src/flow/words.js';

it.each([
  ['yes', 'en', true],
  ['Yes, please!', 'en', true],
  ['YEP', 'en', true],
  ['no thanks', 'en', false],
  ['Nope.', 'en', false],
  ['not really', 'en', false],
  ['👍', 'en', true],
  ['👎🏽', 'en', false],
  ['Ja, gerne', 'de', true],
  ['na klar', 'de', true],
  ['Natürlich!', 'de', true],
  ['nö', 'de', false],
  ['nein danke', 'de', false],
  ['sí', 'es', true],
  ['não', 'pt', false],
  ['bien sûr', 'fr', true],
  ['ja', 'en', true],
  ['yes', 'xx-hostile', true],
  ['', 'en', undefined],
  ['maybe', 'en', undefined],
  ['yesterday', 'en', undefined],
  ['yes but I also wanted to ask about the other thing', 'en', undefined],
  [`yes ${'x'.repeat(100_000)}`, 'en', undefined],
])('reads "%s" in %s as %s', (text, language, expected) =>
  expect(readYesNo(text.slice(0, 100_004), language)).toBe(expected),
);

it.each([
  ['3', 'en', 3],
  [' 3 please', 'en', 3],
  ['about 20.', 'en', 20],
  ['-5', 'en', -5],
  ['1,234.5', 'en', 1234.5],
  ['1,234', 'en', 1234],
  ['3,5', 'en', 3.5],
  ['1.234,5', 'de', 1234.5],
  ['1.234', 'de', 1234],
  ['3.5', 'de', 3.5],
  ['4,80 €', 'de', 4.8],
  ['12 345', 'fr', 12_345],
  ["1'000", 'de', 1000],
  ['three', 'en', 3],
  ['Zwölf', 'de', 12],
  ['drei', 'en', 3],
  ['between 3 and 5', 'en', undefined],
  ['abc123', 'en', undefined],
  ['1.2.3', 'en', undefined],
  ['2026-01-05', 'en', undefined],
  ['no one', 'en', undefined],
  ['', 'en', undefined],
  ['9'.repeat(400), 'en', undefined],
  ['0', 'constructor', 0],
])('reads "%s" in %s as the number %s', (text, language, expected) =>
  expect(readNumber(text, language)).toBe(expected),
);

it.each([
  ['ana@example.com', 'ana@example.com'],
  ['It is Ana.Maria+x@mail.example.co.uk.', 'Ana.Maria+x@mail.example.co.uk'],
  ['<ana@bücher.example>', 'ana@bücher.example'],
  ['mailto:ana@example.com', 'ana@example.com'],
  ['ana@example', undefined],
  ['ana@@example.com', undefined],
  ['@example.com', undefined],
  ['ana@-example.com', undefined],
  ['a@b.example or c@d.example', undefined],
  [`${'a'.repeat(65)}@example.com`, undefined],
])('reads "%s" as the address %s', (text, expected) => expect(readEmail(text)).toBe(expected));

const BREAD: Choice[] = [
  { id: 'rye', title: 'Dark rye', synonyms: ['Roggen'] },
  { id: 'walnut', title: 'Walnut loaf', synonyms: [] },
  { id: 'sourdough', title: 'Country sourdough', synonyms: ['sour'] },
  { id: 'heart', title: '❤️', synonyms: [] },
];

it.each([
  ['rye', 'rye'],
  ['2', 'walnut'],
  [' 2. ', 'walnut'],
  ['#3', 'sourdough'],
  ['9', undefined],
  ['0', undefined],
  ['DARK RYE!', 'rye'],
  ['roggen', 'rye'],
  ['the walnut loaf please', 'walnut'],
  ['the dark rye or the walnut loaf', undefined],
  ['wallnut loaf', 'walnut'],
  ['sourduogh', 'sourdough'],
  ['country sourdoug', 'sourdough'],
  ['rey', undefined],
  ['❤️', 'heart'],
  ['🥐', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('takes "%s" for the choice %s', (text, expected) => {
  const withId = [
    ...BREAD.slice(0, 2),
    { id: 'sourdough', title: 'Country sourdough', synonyms: ['sour', 'sourdough'] },
    ...BREAD.slice(3),
  ];
  expect(readChoice(text, withId)).toBe(expected);
});

it('does not guess between two near misses', () => {
  const choices = [
    { id: 'a', title: 'Parking', synonyms: [] },
    { id: 'b', title: 'Barking', synonyms: [] },
  ];
  expect(readChoice('Larking', choices)).toBeUndefined();
});

it('has words that are folded already, and as many numbers in each language', () => {
  for (const { yes, no, numbers, choose } of Object.values(WORDS)) {
    expect([...yes, ...no, ...numbers].filter((word) => fold(word) !== word)).toEqual([]);
    expect([numbers.length, choose.length <= 20]).toEqual([13, true]);
  }
});

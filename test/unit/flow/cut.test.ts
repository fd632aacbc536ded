import { expect, it } from 'vitest';
import { cutTo } from '../../../src/flow/cut.js';

it.each([
  ['short', 5, 'short'],
  ['too long', 5, 'too …'],
  ['😀😀😀', 3, '😀😀😀'],
  ['😀😀😀😀', 3, '😀😀…'],
])('cuts "%s" to %i characters', (text, most, cut) => expect(cutTo(text, most)).toBe(cut));

import { expect, it } from 'vitest';
import * as cloudApi from '../../../src/cloud-api/limits.js';
import { BUTTONS, CAPTION_MAX, cutTo, LIST, TEXT_BODY_MAX } from '../../../src/flow/limits.js';

it('checks flows for the limits that count when sending', () => {
  expect({ BUTTONS, CAPTION_MAX, LIST, TEXT_BODY_MAX }).toEqual({
    BUTTONS: cloudApi.BUTTONS,
    CAPTION_MAX: cloudApi.CAPTION_MAX,
    LIST: cloudApi.LIST,
    TEXT_BODY_MAX: cloudApi.TEXT_BODY_MAX,
  });
});

it.each([
  ['short', 5, 'short'],
  ['too long', 5, 'too …'],
  ['😀😀😀', 3, '😀😀😀'],
  ['😀😀😀😀', 3, '😀😀…'],
])('cuts "%s" to %i characters', (text, most, cut) => expect(cutTo(text, most)).toBe(cut));

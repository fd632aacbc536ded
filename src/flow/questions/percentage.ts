import { fold } from '../words.js';
import { readNumber } from './answers.js';

const WORDS_FOR_PERCENT = [
  'percent',
  'per cent',
  'prozent',
  'pour cent',
  'por ciento',
  'per cento',
  'por cento',
  'procent',
];

/** The one share in an answer, `12.5 %`, `20 percent` or `20`, as the number written: 12.5, not 0.125. */
export function readPercentage(text: string, language: string): number | undefined {
  const sign = text.replace(/[%٪﹪]/gu, ' ');
  if (sign !== text) return readNumber(sign, language);
  const found = /^(.*?\d|\p{L}+)\s+(\p{L}+(?:\s\p{L}+)?)[.!]?$/u.exec(text.trim());
  const named = found !== null && WORDS_FOR_PERCENT.includes(fold(found[2] ?? ''));
  return readNumber(named ? (found[1] ?? '') : text, language);
}

import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { MAX_MATCHED_TEXT, matchPattern, regexFault } from '../../../src/flow/safe-regex.js';
const atom = fc.constantFrom('a', 'b', '.', '\\w', '[ab]', '[^b]', '\\d', 'x?', 'a*', 'a+', '.*', '\\w+', '[ab]{2,}', 'b?');
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  pattern: fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((p) => p.join('')),
  part: fc.oneof({ maxDepth: 3, withCrossShrink: true }, atom,
    fc.tuple(tie('pattern'), fc.constantFrom('', '*', '+', '?', '{2,9}', '{0,99}')).map(([i, t]) => `(${i})${t}`),
    fc.tuple(tie('pattern'), tie('pattern'), fc.constantFrom('', '*', '+')).map(([a, b, t]) => `(?:${a}|${b})${t}`)),
}));
const hostile = ['a', 'ab', 'aab', 'x', '1a'].map((p) => `${p.repeat(MAX_MATCHED_TEXT).slice(0, MAX_MATCHED_TEXT - 1)}!`);
const seed = Number(process.argv[2]); let worst = 0; let n = 0; let slow: string[] = [];
for (const [inner, anchored] of fc.sample(fc.tuple(pattern, fc.boolean()), { numRuns: 20000, seed })) {
  const whole = `${anchored ? '^' : ''}${inner}~$`; if (regexFault(whole) !== undefined) continue; n++;
  writeFileSync('/tmp/rx-current', whole);
  for (const t of hostile) { const b = performance.now(); matchPattern(whole, t); const ms = performance.now() - b; if (ms > 60) slow.push(`${ms.toFixed(0)} ${whole}`); worst = Math.max(worst, ms); }
}
console.log('accepted', n, 'worst', worst.toFixed(1), slow.slice(0, 8));

import { type Outcome, runKillTest } from './kill-test.js';
import { outcomeTable } from './table.js';
import { LONG } from './variants.js';

/** `npm run test:kill -- [words of a variant's name] [--messages=2000]`: all variants, or those whose name has the words. */
async function main(args: readonly string[]): Promise<void> {
  const words = args.filter((arg) => !arg.startsWith('--')).join(' ');
  const messages = Number(args.find((arg) => arg.startsWith('--messages='))?.slice('--messages='.length));
  const chosen = LONG.filter(({ name }) => name.includes(words));
  if (chosen.length === 0)
    throw new Error(`no variant is called "${words}": ${LONG.map(({ name }) => name).join(', ')}`);

  const outcomes: Outcome[] = [];
  for (const variant of chosen) {
    process.stderr.write(`${variant.name} …\n`);
    const outcome = await runKillTest(messages > 0 ? { ...variant, messages } : variant);
    outcomes.push(outcome);
    for (const promise of outcome.broken) process.stderr.write(`  BROKEN: ${promise}\n`);
  }
  process.stdout.write(`\n${outcomeTable(outcomes)}\n`);
  process.exitCode = outcomes.some(({ broken }) => broken.length > 0) ? 1 : 0;
}

await main(process.argv.slice(2));

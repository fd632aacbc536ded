import { writeFileSync } from 'node:fs';
import { generatedPages } from './reference.js';

/** `npm run docs`: writes the pages of `docs/flows` that are made from the step definitions. */
for (const { name, text } of generatedPages()) {
  writeFileSync(new URL(`../../docs/flows/${name}`, import.meta.url), text);
  process.stdout.write(`docs/flows/${name}\n`);
}

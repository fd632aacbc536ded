import { writeFileSync } from 'node:fs';
import { generatedPages } from './reference.js';
import { whatsappPages } from './whatsapp-pages.js';

/** `npm run docs`: writes the pages that are made from the step definitions, from message kinds and from error codes. */
for (const { name, text } of generatedPages()) {
  writeFileSync(new URL(`../../docs/flows/${name}`, import.meta.url), text);
  process.stdout.write(`docs/flows/${name}\n`);
}
for (const { name, text } of whatsappPages()) {
  writeFileSync(new URL(`../../docs/whatsapp/${name}`, import.meta.url), text);
  process.stdout.write(`docs/whatsapp/${name}\n`);
}

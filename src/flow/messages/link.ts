import { strict, template, text } from '../fields.js';

/** A button that opens an address. */
export const link = strict('a link', { title: text, url: template });

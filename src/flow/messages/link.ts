import { strict, template, text } from '../reading/fields.js';

/** A button that opens an address. */
export const link = strict('a link', {
  title: text.describe('What the button says, 20 characters.'),
  url: template.describe('What it opens.'),
});

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { multipart } from '../../../src/cloud-api/multipart.js';

const CONTENT = Buffer.from('%PDF-1.7 …');

/** What a server makes of it that knows forms. */
async function asForm(name: string): Promise<{ fields: string[]; file: File; isAsLongAsSaid: boolean }> {
  const { headers, body } = multipart({
    name,
    type: 'application/pdf',
    bytes: CONTENT.length,
    content: Readable.from([CONTENT]),
  });
  const sent = await buffer(body);
  const form = await new Response(new Uint8Array(sent), {
    headers: { 'content-type': headers['content-type'] },
  }).formData();
  const file = form.get('file');
  if (!(file instanceof File)) throw new Error('no file');
  return { fields: [...form.keys()], file, isAsLongAsSaid: sent.length === Number(headers['content-length']) };
}

it.each([
  ['menu.pdf', 'menu.pdf'],
  ['Menü für Zoë.pdf', 'Menü für Zoë.pdf'],
  ['菜单 🍕.pdf', '菜单 🍕.pdf'],
  ['a"; name="type".pdf', 'a; name=type.pdf'],
  ['a\r\ncontent-type: text/html\r\n\r\n<script>.pdf', 'acontent-type: text/html<script>.pdf'],
  ['a\r\n--parlance\r\n.pdf', 'a--parlance.pdf'],
  ['a\\".pdf', 'a.pdf'],
])('a file named %j is one file of a form, whatever its name says', async (name, expected) => {
  const { fields, file, isAsLongAsSaid } = await asForm(name);
  expect([fields, file.name, file.type]).toEqual([['messaging_product', 'type', 'file'], expected, 'application/pdf']);
  expect(Buffer.from(await file.arrayBuffer()).equals(CONTENT)).toBe(true);
  expect(isAsLongAsSaid).toBe(true);
});

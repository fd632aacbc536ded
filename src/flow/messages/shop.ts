import { z } from 'zod';
import type { ProductSection } from '../../shared/message.js';
import { PRODUCTS } from '../../shared/whatsapp-limits.js';
import type { View } from '../behaviour.js';
import type { Template } from '../expressions/template.js';
import { listOf, strict, type Text, template, text, yes } from '../reading/fields.js';
import { shaped } from '../reading/shape.js';
import { isTrue, needed, said } from './parts.js';

/** `product: { catalog: "1234", id: sku-7 }` */
export const product = strict('a product', {
  catalog: template.describe('Its id at Meta.'),
  id: template.describe('Of the product in the catalog.'),
});
export type ProductFields = z.output<typeof product>;

/** Of a list of products, here and behind a button of a template. */
export const productSection = strict('a section', {
  title: text.optional().describe('Above its products, 24 characters.'),
  items: listOf(template).describe('Ids of products in the catalog.'),
});

/** `products: { catalog: "1234", sections: [{ title: New, items: [sku-7, sku-8] }] }` */
export const products = strict('products', {
  catalog: template.describe('Its id at Meta.'),
  sections: listOf(productSection).describe('Groups of products, ten at most, with thirty in all.'),
});

const catalogMap = strict('a catalog', {
  thumbnail: template.optional().describe('The product whose picture is shown.'),
});

/** `catalog: true`, or the product whose picture it shows */
export const catalog: z.ZodType<{ thumbnail?: Template | undefined }> = shaped(
  z.preprocess((raw) => (isTrue(raw) ? {} : raw), catalogMap),
  (of) => ({ anyOf: [of(yes), of(catalogMap)] }),
);

export function productOf({ catalog: from, id }: ProductFields, view: View): { catalogId: string; productId: string } {
  return { catalogId: needed(view, 'the catalog', from), productId: needed(view, 'the id of a product', id) };
}

export function productSections(
  sections: readonly { title?: Text | undefined; items: readonly Template[] }[],
  view: View,
): ProductSection[] {
  return sections.map(({ title, items }) => {
    const heading = said(view, 'section title', title, PRODUCTS.sectionTitleMax);
    const productIds = items.map((item) => needed(view, 'the id of a product', item));
    return { ...(heading === '' ? {} : { title: heading }), productIds };
  });
}

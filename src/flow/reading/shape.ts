import { z } from 'zod';

/** A JSON Schema, draft 2020-12. @see https://json-schema.org/draft/2020-12 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * What a schema of the language accepts, as JSON Schema for editors. The engine's own schemas turn a file into what runs,
 * so their input cannot be read off them; each factory of `fields.ts` says it once.
 */
interface Shape {
  /** shapes with a name are written once, under `$defs` */
  name?: string;
  make: (of: (schema: z.core.$ZodType) => JsonSchema) => JsonSchema;
}

const shapes = new WeakMap<z.core.$ZodType, Shape>();

/** Says what a schema accepts; copies of it (`describe`, `optional`) accept the same. */
export function shaped<S extends z.ZodType>(schema: S, make: Shape['make'] | JsonSchema, name?: string): S {
  const shape = { make: typeof make === 'function' ? make : () => make };
  shapes.set(schema, name === undefined ? shape : { ...shape, name });
  return schema;
}

/** The same schema, written once under `$defs`: for what is large and stands in several places. */
export function writtenOnce<S extends z.ZodType>(name: string, schema: S): S {
  const shape = shapeOf(schema);
  if (shape !== undefined) shapes.set(schema, { ...shape, name });
  return schema;
}

/** What was said of a schema, or of the one it is a copy of. */
function shapeOf(schema: z.core.$ZodType): Shape | undefined {
  const { parent } = schema._zod;
  return shapes.get(schema) ?? (parent === undefined ? undefined : shapeOf(parent));
}

/** The JSON Schemas of some schemas, and of everything in them that has a name. */
export class ShapeBook {
  readonly definitions = new Map<string, JsonSchema>();

  /** What a schema accepts; `{}`, anything, when nobody said. */
  of = (schema: z.core.$ZodType): JsonSchema => {
    const description = z.globalRegistry.get(schema)?.description;
    const bare = this.bare(schema);
    return description === undefined ? bare : { ...bare, description };
  };

  private bare(schema: z.core.$ZodType): JsonSchema {
    const shape = shapeOf(schema);
    if (shape !== undefined) return this.named(shape);
    if (schema instanceof z.ZodOptional) return this.of(schema.def.innerType);
    if (!(schema instanceof z.ZodPipe)) return {};
    const { in: before, out: after } = schema.def;
    // A `preprocess` nobody described: it makes a map of something shorter.
    return before instanceof z.ZodTransform
      ? { anyOf: [{ not: { type: 'object' } }, this.of(after)] }
      : this.of(before);
  }

  private named({ name, make }: Shape): JsonSchema {
    if (name === undefined) return make(this.of);
    if (!this.definitions.has(name)) {
      // The name is taken before its schema is made: steps hold steps.
      this.definitions.set(name, {});
      this.definitions.set(name, make(this.of));
    }
    return { $ref: `#/$defs/${name}` };
  }
}

import type { JsonObject } from './json.js';
import { at, isJsonObject } from './json.js';

/** The parts of a template, and of a message that fills one in: both are lists of components. */
export type Component = JsonObject;

/** Meta takes types in either case. */
export const typeOf = (part: Component): string => String(part.type).toUpperCase();

export function componentOf(parts: readonly Component[], type: string): Component | undefined {
  return parts.find((part) => typeOf(part) === type);
}

/** The buttons of a template, or of one of its cards, by their place. */
export function buttonsOf(components: readonly Component[]): JsonObject[] {
  return listAt(componentOf(components, 'BUTTONS'), 'buttons');
}

/** What a send fills a button in with. */
export function fillOfButton(given: readonly Component[], index: number): Component | undefined {
  return given.find((part) => typeOf(part) === 'BUTTON' && Number(part.index) === index);
}

/** The first parameter of a part; undefined without one. */
export function parameterOf(part: Component | undefined): JsonObject | undefined {
  return listAt(part, 'parameters')[0];
}

export function listAt(value: unknown, key: string): JsonObject[] {
  const found = at(value, key);
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
}

import { stringify } from 'yaml';
import type { Json } from '../shared/json.js';

/** A value on one line, as a test file would have it. */
export function inline(value: Json): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, defaultKeyType: 'PLAIN' }).trimEnd();
}

import type { JsonObject } from '../../shared/json.js';
import type { FlowVersion } from '../definition.js';
import type { OpenTurn } from '../turn/state.js';
import { namesIntent, recognise } from './recognise.js';

/**
 * What came in, with `intent`, `intentScore` and `slots` when it has an intent, and where that intent is declared.
 *
 * @param isTap of a menu that is known: it is for that menu alone, unless its id names an intent
 */
export function withIntent(
  received: JsonObject,
  scope: readonly string[],
  version: FlowVersion,
  isTap: boolean,
): { input: JsonObject; intent: OpenTurn['intent'] } {
  const { text } = received;
  const found = typeof text !== 'string' || (isTap && !namesIntent(text)) ? undefined : recognise(text, scope, version);
  if (found === undefined) return { input: received, intent: null };
  const { intent, flow, score, slots, exact } = found;
  return {
    input: { ...received, intent: intent.name, intentScore: score, slots },
    intent: { flow, name: intent.name, exact },
  };
}

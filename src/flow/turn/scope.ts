import type { FlowVersion, HandlerName } from '../definition.js';
import type { Frame } from './state.js';
import type { TurnRequest } from './turn.js';

/** Where handlers and intents are looked for: the current flow, its callers, the endpoint's flow, the endpoint's handlers. */
export function scopeOf(
  frames: readonly Frame[],
  { flow, handlers = flow }: Pick<TurnRequest, 'flow' | 'handlers'>,
): string[] {
  return [...new Set([...frames.map((frame) => frame.flow).reverse(), flow, handlers])];
}

/** The nearest handler of a name, by its first step. */
export function handlerIn(
  scope: readonly string[],
  name: HandlerName,
  version: FlowVersion,
): { flow: string; at: string } | undefined {
  for (const flow of scope) {
    const first = version.byName.get(flow)?.handlers[name]?.steps[0];
    if (first !== undefined) return { flow, at: first.ref };
  }
  return undefined;
}

import type { ChatMessage } from './chats.js';
import type { ActiveFaults } from './faults.js';
import type { SimulatedContact } from './options.js';
import type { TemplateChange } from './templates.js';
import type { WireEntry } from './wire-log.js';

/** What happens in the simulator, as the page and the waiting tests hear of it. */
export type SimulatorEvent =
  /** a new message, or one whose status moved */
  | { event: 'message'; message: ChatMessage }
  /** the bot types for so long, 0: no more */
  | { event: 'typing'; contactId: string; phoneNumberId: string; forMs: number }
  /** a request to or from the bot has begun or ended; the same `id` again replaces the entry */
  | { event: 'wire'; entry: WireEntry }
  | { event: 'faults'; phoneNumberId: string; active: ActiveFaults }
  | { event: 'contact'; contact: SimulatedContact }
  | { event: 'settings' }
  /** a template came to another status */
  | { event: 'template'; change: TemplateChange }
  | { event: 'reset' };

export interface Bus {
  publish(event: SimulatorEvent): void;
  /** @returns ends the subscription */
  subscribe(listener: (event: SimulatorEvent) => void): () => void;
}

export function createBus(): Bus {
  const listeners = new Set<(event: SimulatorEvent) => void>();
  return {
    publish(event) {
      // A listener may end its own or another's subscription while it hears this.
      for (const listener of [...listeners]) if (listeners.has(listener)) listener(event);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

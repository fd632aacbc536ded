import type { StoredItem } from '../inbound/item.js';
import type { OtherVoices } from '../shared/staff-pause.js';
import type { Checkpoint, Contact, StoredSession } from './conversation.js';
import type { Attachments } from './files.js';
import type { Loaded } from './store.js';

/** What one wake-up knows of its conversation, kept from item to item. */
export class WakeState {
  session: StoredSession | undefined;
  contact: Contact;
  checkpoint: Checkpoint | undefined;
  checkpoints: number;
  failures: number;
  items: StoredItem[];
  /** who had the word here beside the bot */
  readonly voices: OtherVoices | undefined;
  /** the item that is handled next is a person's to answer */
  besidePerson = false;
  /** files of the items that are handled next */
  files: Attachments | undefined;

  constructor(loaded: Loaded) {
    this.session = loaded.session;
    this.contact = loaded.contact;
    this.checkpoint = loaded.checkpoint;
    this.checkpoints = loaded.checkpoints;
    this.failures = loaded.failures;
    this.items = [...loaded.items];
    this.voices = loaded.voices;
  }

  /** The head item is done, and these follow those that are known already. */
  goOn(items: readonly StoredItem[]): void {
    this.items.push(...items);
    this.failures = this.checkpoints = 0;
    this.checkpoint = undefined;
  }
}

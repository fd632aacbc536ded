import type { CloudApiClient } from '../cloud-api/client.js';
import { callOptions, type MetaAccount } from './to-meta.js';

export interface ReceiptSettings {
  markAsRead: boolean;
  /** Meta shows typing only together with "read", until the answer comes or 25 s are over */
  typingIndicator: boolean;
}

export interface Receipts {
  /** a contact's message is being handled; "typing…" only where an answer may come: it would stand there for 25 s */
  taken(endpoint: MetaAccount & ReceiptSettings, wamid: string, mayAnswer: boolean): void;
  /** the next message of an answer comes after a pause; `asked`: the flow wants it, whatever the settings say */
  typing(endpoint: MetaAccount & ReceiptSettings, wamid: string, asked: boolean): void;
  /** a flow marks a message as read */
  read(endpoint: MetaAccount, wamid: string): void;
}

/** A courtesy that is late is worth nothing: above this many under way, the next ones are left out. */
const MAX_UNDER_WAY = 64;

/** Blue ticks and "typing…". Best effort, beside the messages: nothing waits for them and nothing is tried again. */
export function createReceipts(clientFor: (account: MetaAccount) => CloudApiClient): Receipts {
  let underWay = 0;

  function mark(endpoint: MetaAccount, wamid: string, typing: boolean): void {
    if (underWay >= MAX_UNDER_WAY) return;
    underWay += 1;
    void clientFor(endpoint)
      .markRead({ ...callOptions(endpoint), wamid, typing })
      .catch(() => undefined)
      .finally(() => {
        underWay -= 1;
      });
  }

  return {
    taken(endpoint, wamid, mayAnswer) {
      const typing = endpoint.typingIndicator && mayAnswer;
      if (typing || endpoint.markAsRead) mark(endpoint, wamid, typing);
    },
    typing(endpoint, wamid, asked) {
      if (asked || endpoint.typingIndicator) mark(endpoint, wamid, true);
    },
    read(endpoint, wamid) {
      mark(endpoint, wamid, false);
    },
  };
}

import type { Attachments } from '../conversation/files.js';
import type { InboxItem } from '../inbound/item.js';
import { attachmentOf, type MediaResult, missing, readReason } from '../media/outcome.js';
import { isJsonObject, type JsonObject } from '../shared/json.js';
import { readItem } from '../webhook/read-item.js';

/** Where files of a rehearsal would be: nothing is fetched, and nothing is there. */
const FILES_URL = 'https://files.example/';

/**
 * Files of a contact in a rehearsal: there at once, or missing for the reason the test gives, as in
 * `contact: { image: { reason: tooLarge } }`; `size` is what it says, too.
 */
export function rehearsedFiles(item: InboxItem): Attachments {
  if (item.kind !== 'message') return new Map();
  const { message } = readItem(item);
  const said = item.message[message.type];
  const told: JsonObject = isJsonObject(said) ? said : {};
  return new Map([
    [
      message.messageId,
      message.attachments.map((given) => attachmentOf(given, resultOf(given, told), ({ key }) => `${FILES_URL}${key}`)),
    ],
  ]);
}

function resultOf({ mediaId, mimeType }: JsonObject, { reason, size }: JsonObject): MediaResult {
  const why = readReason(reason);
  if (why !== undefined) return missing(why);
  return {
    state: 'ready',
    file: {
      key: String(mediaId),
      mimeType: String(mimeType),
      bytes: typeof size === 'number' ? size : 1_000,
      sha256: '0'.repeat(64),
      verified: true,
      storedMs: 0,
    },
  };
}

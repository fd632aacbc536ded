import { checkContent } from '../cloud-api/check-content.js';
import type { CallOptions, CloudApiClient } from '../cloud-api/client.js';
import { markTaps } from '../cloud-api/mark-taps.js';
import type { SendOutcome } from '../cloud-api/outcome.js';
import { NoRecipientError, toRequestBody } from '../cloud-api/to-wire.js';
import { formatCallbackData } from '../shared/callback-data.js';
import type { OutboxItem } from '../shared/outbox-item.js';

/** What calls of a number need. */
export interface MetaAccount {
  phoneNumberId: string;
  graphVersion: string;
  /** `https://graph.facebook.com`, or the simulator */
  graphApiUrl: string;
  accessToken: string;
  appSecrets: readonly string[];
}

export interface OutgoingMessage {
  item: OutboxItem;
  oid: string;
  contactId: string;
  /** from 1 */
  attempt: number;
}

/** One outbox item, as a call to Meta. Limits are checked here first: a refusal names the limit, not just #131009. */
export function createMetaSend(deps: {
  clientFor(account: MetaAccount): CloudApiClient;
  installId: string;
}): (account: MetaAccount, message: OutgoingMessage) => Promise<SendOutcome> {
  return async (account, { item, oid, contactId, attempt }) => {
    try {
      const [fault] = checkContent(item.content);
      if (fault !== undefined) {
        return { outcome: 'rejected', reason: `${fault.path} ${fault.fault}`, mayHaveBeenSent: false };
      }
      const callbackData = formatCallbackData({ installId: deps.installId, contactId, oid });
      const replyTo = item.delivery?.replyTo;
      const content = item.menu === undefined ? item.content : markTaps(item.content, item.menu);
      const body = toRequestBody(content, item, { callbackData, ...(replyTo === undefined ? {} : { replyTo }) });
      return await deps.clientFor(account).send({ ...callOptions(account), attempt, body });
    } catch (err) {
      // Also a kind of message that only a newer version knows: thrown, it would be tried again for ever.
      const reason = err instanceof NoRecipientError ? err.code : 'unsendable_content';
      return { outcome: 'rejected', reason, mayHaveBeenSent: false };
    }
  };
}

export function callOptions({ phoneNumberId, graphVersion, accessToken, appSecrets }: MetaAccount): CallOptions {
  const [appSecret] = appSecrets;
  return { phoneNumberId, graphVersion, accessToken, ...(appSecret === undefined ? {} : { appSecret }) };
}

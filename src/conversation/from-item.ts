import type { FailedSendItem, InjectItem } from '../inbound/item.js';
import { MARKETING } from '../shared/consent.js';
import type { FlowMessage } from '../shared/contact-message.js';

/** As if the contact had written it; there is nothing of Meta's about it. */
export function injected({ origin, text, data }: InjectItem): FlowMessage {
  return { messageId: origin, type: 'inject', text, data, attachments: [], supported: true, whatsapp: {} };
}

/** What `handlers.status` sees of a message that did not reach the contact. Its id is ours, as no contact wrote it. */
export function failedSend({ oid, flow, step, codes, reason }: FailedSendItem): FlowMessage {
  const data = { flow, step, codes, reason };
  return { messageId: `out-${oid}`, type: 'status', text: '', data, attachments: [], supported: true, whatsapp: {} };
}

/** What `handlers.optOut` sees when Meta refuses a message because the contact wants no marketing. */
export function optedOut(seq: string): FlowMessage {
  const data = { preference: { category: MARKETING, value: 'stop' } };
  const type = 'user_preferences';
  return { messageId: `in-${seq}`, type, text: '', data, attachments: [], supported: true, whatsapp: {} };
}

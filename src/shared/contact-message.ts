import type { JsonObject } from './json.js';

/**
 * A contact's message as flows see it: `input.text`, `input.data`, …. `webhook/` reads it
 * out of Meta's spelling, `conversation/` hands it to the engine, and neither knows the other.
 */
export interface FlowMessage {
  /** ours, opaque */
  messageId: string;
  /** Meta's type, e.g. `text`, `image`, `interactive` */
  type: string;
  /** what flows read: a text's body, a tap's id, a caption; '' when there is none */
  text: string;
  /** `{ reply: { kind, id, title } }` for taps, `{ location }`, `{ reaction }`, … */
  data: JsonObject;
  attachments: JsonObject[];
  /** of a tap: which menu it was on, when that named itself (`tap-id.ts`) */
  menu?: string;
  /** can the endpoint's flow make sense of it; false runs `handlers.unsupported` */
  supported: boolean;
  repliedTo?: JsonObject;
  referral?: JsonObject;
  /** the message as Meta sent it */
  whatsapp: JsonObject;
}

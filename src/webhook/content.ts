import type { JsonObject } from '../shared/json.js';

/** What one type of message says. Left out: no text, no data, no attachments, supported. */
export interface Content {
  text?: string;
  data?: JsonObject;
  /** of a tap: the menu it was on */
  menu?: string;
  attachments?: JsonObject[];
  supported?: boolean;
}

/** A type we do not know, or one we know without what makes it so. */
export const UNSUPPORTED: Content = { supported: false };

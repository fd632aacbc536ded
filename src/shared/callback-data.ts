/**
 * `biz_opaque_callback_data`: what we send along with a message and Meta echoes in its statuses (512 characters at most).
 * It names the message without a look-up, also when the send call was never answered.
 */
export interface CallbackData {
  /** of the installation: ids of other data, or of another system on the same number, are not ours */
  installId: string;
  contactId: string;
  /** outbox id, a decimal number */
  oid: string;
}

const PATTERN = /^p1\.([\w-]{6})\.([\w-]{16})\.(\d{1,16})$/;

export function formatCallbackData({ installId, contactId, oid }: CallbackData): string {
  return `p1.${installId}.${contactId}.${oid}`;
}

/** @returns undefined for anything that is not ours */
export function parseCallbackData(text: string | undefined): CallbackData | undefined {
  const [, installId, contactId, oid] = PATTERN.exec(text ?? '') ?? [];
  return installId && contactId && oid ? { installId, contactId, oid } : undefined;
}

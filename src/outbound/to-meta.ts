import { checkContent } from '../cloud-api/check-content.js';
import type { CallOptions, CloudApiClient } from '../cloud-api/client.js';
import { markTaps } from '../cloud-api/mark-taps.js';
import type { Refusal, SendOutcome } from '../cloud-api/outcome.js';
import { NoRecipientError, toRequestBody } from '../cloud-api/to-wire.js';
import type { SendRequest } from '../cloud-api/wire.js';
import type { Uploads } from '../media/uploads.js';
import { formatCallbackData } from '../shared/callback-data.js';
import type { JsonObject } from '../shared/json.js';
import type { OwnFile } from '../shared/message.js';
import type { OutboxItem } from '../shared/outbox-item.js';
import { objectOf } from '../shared/unread.js';
import { ownFilesOf, withMediaIds } from './own-files.js';
import type { TemplateBook } from './template-book.js';

/** What calls of a number need. */
export interface MetaAccount {
  phoneNumberId: string;
  wabaId: string;
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

/** What became of a call, and which of the bot's files went by an id that Meta gave for an earlier one, by their hash. */
export type MetaSendOutcome =
  | (Extract<SendOutcome, { outcome: 'sent' }> & { reusedMedia?: { readonly [sha256: string]: string } })
  | Refusal;

/** One outbox item, as a call to Meta. Limits are checked here first: a refusal names the limit, not just #131009. */
export function createMetaSend<A extends MetaAccount>(deps: {
  clientFor(account: A): CloudApiClient;
  uploads: Uploads<A>;
  templates: Pick<TemplateBook<A>, 'faultOf' | 'learn'>;
  installId: string;
}): (account: A, message: OutgoingMessage) => Promise<MetaSendOutcome> {
  async function send(account: A, message: OutgoingMessage): Promise<SendOutcome> {
    const body = bodyOf(message);
    if (typeof body === 'string') return { outcome: 'rejected', reason: body, mayHaveBeenSent: false };
    const call = { attempt: message.attempt, body };
    const template = body.type === 'template' ? objectOf(body.template) : undefined;
    return template === undefined
      ? deps.clientFor(account).send({ ...callOptions(account), ...call })
      : sendTemplate(account, template, call);
  }

  /** @returns why there can be none, when it is text */
  function bodyOf({ item, oid, contactId }: OutgoingMessage): SendRequest | string {
    try {
      const [fault] = checkContent(item.content);
      if (fault !== undefined) return `${fault.path} ${fault.fault}`;
      const callbackData = formatCallbackData({ installId: deps.installId, contactId, oid });
      const replyTo = item.delivery?.replyTo;
      const content = item.menu === undefined ? item.content : markTaps(item.content, item.menu);
      return toRequestBody(content, item, { callbackData, ...(replyTo === undefined ? {} : { replyTo }) });
    } catch (err) {
      // Also a kind of message that only a newer version knows: thrown, it would be tried again for ever.
      return err instanceof NoRecipientError ? err.code : 'unsendable_content';
    }
  }

  /** A paused template holds up neither the number nor its other templates. */
  async function sendTemplate(
    account: A,
    template: JsonObject,
    call: { attempt: number; body: SendRequest },
  ): Promise<SendOutcome> {
    const fault = await deps.templates.faultOf(account, template);
    if (fault !== undefined) return { outcome: 'rejected', reason: fault, mayHaveBeenSent: false };
    const outcome = await deps.clientFor(account).send({ ...callOptions(account), ...call });
    const status = outcome.outcome === 'rejected' ? STATUS_BY_CODE[outcome.code ?? 0] : undefined;
    // Who does not hear of it asks Meta as well.
    if (status !== undefined) await deps.templates.learn(account, template, status).catch(() => undefined);
    return outcome;
  }

  /** The bot's own files are with Meta before the message that shows them. */
  async function sendWithFiles(
    account: A,
    message: OutgoingMessage,
    files: readonly OwnFile[],
  ): Promise<MetaSendOutcome> {
    const ids = new Map<string, string>();
    const reused: { file: OwnFile; mediaId: string }[] = [];
    for (const file of files) {
      const result = await deps.uploads.idOf(account, file, message.attempt);
      if (result.outcome !== 'ready') return result;
      ids.set(file.sha256, result.mediaId);
      if (!result.isFresh) reused.push({ file, mediaId: result.mediaId });
    }
    const content = withMediaIds(message.item.content, ({ sha256 }) => ids.get(sha256) ?? '');
    const outcome = await send(account, { ...message, item: { ...message.item, content } });
    if (reused.length === 0) return outcome;
    if (outcome.outcome === 'sent') {
      return { ...outcome, reusedMedia: Object.fromEntries(reused.map(({ file, mediaId }) => [file.sha256, mediaId])) };
    }
    // Meta may have forgotten an id before its time; what was just uploaded it cannot have forgotten.
    if (outcome.outcome !== 'rejected' || !MAY_MEAN_UNKNOWN_ID.has(outcome.code ?? 0)) return outcome;
    for (const { file, mediaId } of reused) await deps.uploads.forget(account, file, mediaId);
    return sendWithFiles(account, message, files);
  }

  return async (account, message) => {
    const files = ownFilesOf(message.item.content);
    if (files.length === 0) return send(account, message);
    for (const file of files) {
      const staleId = message.item.again?.staleMedia?.[file.sha256];
      if (staleId !== undefined) await deps.uploads.forget(account, file, staleId);
    }
    return sendWithFiles(account, message, files);
  };
}

const STATUS_BY_CODE: Readonly<Record<number, 'PAUSED' | 'DISABLED'>> = { 132015: 'PAUSED', 132016: 'DISABLED' };

/** Invalid parameter, invalid value, trouble with media: Meta has no code of its own for an id it does not know. */
const MAY_MEAN_UNKNOWN_ID = new Set([100, 131_009, 131_053]);

export function callOptions({ phoneNumberId, graphVersion, accessToken, appSecrets }: MetaAccount): CallOptions {
  const [appSecret] = appSecrets;
  return { phoneNumberId, graphVersion, accessToken, ...(appSecret === undefined ? {} : { appSecret }) };
}

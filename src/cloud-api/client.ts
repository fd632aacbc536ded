import { createHmac } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { parseBaseUrl } from './base-url.js';
import { retryUnsent } from './errors.js';
import { type ExchangeRequest, exchange } from './exchange.js';
import { type MediaNodeOutcome, readMediaNodeAnswer, readUploadAnswer, type UploadOutcome } from './media-answer.js';
import { multipart, type UploadFile } from './multipart.js';
import type { MarkReadOutcome, Refusal, SendOutcome } from './outcome.js';
import { type HttpAnswer, readMarkReadAnswer, readSendAnswer } from './read-answer.js';
import {
  type BegunOutcome,
  type DoneOutcome,
  type FinishedOutcome,
  type OffsetOutcome,
  readBegunAnswer,
  readDoneAnswer,
  readFinishedAnswer,
  readOffsetAnswer,
} from './resumable-answer.js';
import { readTemplatePageAnswer, type TemplatePageOutcome } from './template-answer.js';
import { toMarkReadBody } from './to-wire.js';
import type { SendRequest } from './wire.js';

export interface CloudApiClientOptions {
  /** e.g. `https://graph.facebook.com`; a path in it stays in front of the version */
  baseUrl: string;
  /** ms, for a free connection and again for the answer */
  timeoutMs: number;
  /** at most, kept alive; one request at a time on each */
  connections: number;
}

/** Which number speaks, and with which right. */
export interface CallOptions {
  phoneNumberId: string;
  /** e.g. `v25.0` */
  graphVersion: string;
  accessToken: string;
  /** adds `appsecret_proof`, which apps may demand of each call */
  appSecret?: string;
  /** which try of this message this is, from 1, the default: tries grow the waits and are bounded where they may double */
  attempt?: number;
}

export interface CloudApiClient {
  /** Sends once. Never rejects: each end has its outcome. */
  send(call: CallOptions & { body: SendRequest }): Promise<SendOutcome>;
  /** Marks a contact's message as read, and shows that an answer is being written. Harmless to repeat. */
  markRead(call: CallOptions & { wamid: string; typing: boolean }): Promise<MarkReadOutcome>;
  /** Asks where a contact's file is. Harmless to repeat. */
  mediaNode(call: CallOptions & { mediaId: string }): Promise<MediaNodeOutcome>;
  /** Reads a page of an account's templates, from its beginning or behind `after`. Harmless to repeat. */
  templates(call: CallOptions & { wabaId: string; after?: string }): Promise<TemplatePageOutcome>;
  /** Gives Meta a file to send later, which it keeps for 30 days. Harmless to repeat. */
  upload(call: CallOptions & { file: UploadFile; timeoutMs: number }): Promise<UploadOutcome>;
  /** Begins to give Meta's app a file, for a template or a profile. Harmless to repeat: each begins one of its own. */
  beginUpload(call: CallOptions & { appId: string; file: Omit<UploadFile, 'content'> }): Promise<BegunOutcome>;
  /** Asks how much of it is there. Harmless to repeat. */
  uploadOffset(call: CallOptions & { uploadId: string }): Promise<OffsetOutcome>;
  /** Sends what is missing of it. When its answer is lost `uploadOffset` tells how much went through. */
  continueUpload(
    call: CallOptions & { uploadId: string; offset: number; content: Readable; bytes: number; timeoutMs: number },
  ): Promise<FinishedOutcome>;
  /** Makes an uploaded picture the one of the number's profile. Harmless to repeat. */
  setProfilePicture(call: CallOptions & { handle: string }): Promise<DoneOutcome>;
  /** Takes no further calls and waits for those under way, `timeoutMs` at most. */
  close(): Promise<void>;
}

/** Meta's answers have a few hundred bytes. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** A template has up to some ten kilobytes, a carousel of them more. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const TEMPLATES_A_PAGE = 100;
const TEMPLATE_FIELDS = 'name,language,status,category,parameter_format,components';
/** Idle connections are left before a usual server would leave them. */
const KEEP_ALIVE_MS = 30_000;

/**
 * A client of one Graph host with a pool of kept connections.
 *
 * @throws GraphUrlError
 */
export function createCloudApiClient({ baseUrl, timeoutMs, connections }: CloudApiClientOptions): CloudApiClient {
  const { origin, prefix } = parseBaseUrl(baseUrl);
  const pool = new Pool(origin, {
    connections,
    // A POST behind another on the same connection would share its fate.
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: timeoutMs },
    // `exchange` keeps the time.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const proofOf = createProofs();

  /** @param last the path's last part or two, encoded; with a query of its own or none */
  async function perform<T>(
    call: CallOptions,
    last: string,
    request: Partial<ExchangeRequest>,
    read: (answer: HttpAnswer, attempt: number) => T,
  ): Promise<T | Refusal> {
    const attempt = call.attempt ?? 1;
    const proof =
      call.appSecret === undefined
        ? ''
        : `${last.includes('?') ? '&' : '?'}appsecret_proof=${proofOf(call.accessToken, call.appSecret)}`;
    const result = await exchange(pool, {
      timeoutMs,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      ...request,
      path: `${prefix}/${encodeURIComponent(call.graphVersion)}/${last}${proof}`,
      headers: { authorization: `Bearer ${call.accessToken}`, ...request.headers },
    });
    switch (result.ended) {
      case 'answered':
        return read(result.answer, attempt);
      case 'lost':
        return { outcome: 'unknown', reason: result.reason, mayHaveBeenSent: true };
      case 'not_written':
        // A token with a line break in it, say: no retry will mend it.
        if (result.reason === 'request_unusable') {
          return { outcome: 'paused', reason: result.reason, mayHaveBeenSent: false };
        }
        return retryUnsent(result.reason, attempt);
    }
  }

  const messages = ({ phoneNumberId }: CallOptions) => `${encodeURIComponent(phoneNumberId)}/messages`;
  const json = (body: object) => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return {
    send: (call) => perform(call, messages(call), json(call.body), readSendAnswer),
    markRead: (call) =>
      perform(call, messages(call), json(toMarkReadBody(call.wamid, call.typing)), readMarkReadAnswer),
    mediaNode: (call) =>
      perform(
        call,
        // Meta then refuses a file of another number's.
        `${encodeURIComponent(call.mediaId)}?phone_number_id=${encodeURIComponent(call.phoneNumberId)}`,
        { method: 'GET' },
        readMediaNodeAnswer,
      ),
    templates: (call) =>
      perform(
        call,
        `${encodeURIComponent(call.wabaId)}/message_templates?fields=${TEMPLATE_FIELDS}&limit=${TEMPLATES_A_PAGE}${
          call.after === undefined ? '' : `&after=${encodeURIComponent(call.after)}`
        }`,
        { method: 'GET', maxAnswerBytes: MAX_PAGE_BYTES },
        readTemplatePageAnswer,
      ),
    upload: (call) =>
      perform(
        call,
        `${encodeURIComponent(call.phoneNumberId)}/media`,
        { ...multipart(call.file), timeoutMs: call.timeoutMs },
        readUploadAnswer,
      ).finally(() => call.file.content.destroy()),
    beginUpload: (call) => {
      const { name, type, bytes } = call.file;
      const about = new URLSearchParams({ file_name: name, file_length: String(bytes), file_type: type });
      return perform(call, `${encodeURIComponent(call.appId)}/uploads?${about}`, {}, readBegunAnswer);
    },
    uploadOffset: (call) => perform(call, call.uploadId, { method: 'GET', headers: asOAuth(call) }, readOffsetAnswer),
    continueUpload: (call) =>
      perform(
        call,
        call.uploadId,
        {
          headers: {
            ...asOAuth(call),
            'content-type': 'application/octet-stream',
            'content-length': String(call.bytes),
            file_offset: String(call.offset),
          },
          body: call.content,
          timeoutMs: call.timeoutMs,
        },
        readFinishedAnswer,
      ).finally(() => call.content.destroy()),
    setProfilePicture: (call) =>
      perform(
        call,
        `${encodeURIComponent(call.phoneNumberId)}/whatsapp_business_profile`,
        json({ messaging_product: 'whatsapp', profile_picture_handle: call.handle }),
        readDoneAnswer,
      ),
    close: () => (pool.closed ? Promise.resolve() : pool.close()),
  };
}

/** Uploads want the token under this word. */
const asOAuth = ({ accessToken }: CallOptions) => ({ authorization: `OAuth ${accessToken}` });

/** Bounds the memory of tokens that were changed since. */
const MAX_PROOFS = 1_000;

/**
 * `appsecret_proof`: HMAC-SHA256 of the access token under the app secret, made once for each pair.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/secure-requests
 */
function createProofs(): (accessToken: string, appSecret: string) => string {
  const proofs = new Map<string, { appSecret: string; proof: string }>();
  return (accessToken, appSecret) => {
    const known = proofs.get(accessToken);
    if (known?.appSecret === appSecret) return known.proof;
    if (proofs.size >= MAX_PROOFS) proofs.clear();
    const proof = createHmac('sha256', appSecret).update(accessToken).digest('hex');
    proofs.set(accessToken, { appSecret, proof });
    return proof;
  };
}

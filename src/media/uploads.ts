import { basename } from 'node:path/posix';
import type { CloudApiClient } from '../cloud-api/client.js';
import type { Refusal } from '../cloud-api/outcome.js';
import type { RedisClient } from '../redis/connections.js';
import { OPS } from '../redis/lane.js';
import { MediaStoreError } from '../shared/media-types.js';
import type { OwnFile } from '../shared/message.js';
import { flowFileKey, type MediaStore } from './store.js';

/** Whose files they are at Meta: an id holds for the number that it was uploaded with. */
export interface UploadAccount {
  phoneNumberId: string;
  graphVersion: string;
  accessToken: string;
  appSecrets: readonly string[];
}

/** `isFresh`: just uploaded, so that Meta cannot have forgotten it. */
export type UploadResult = { outcome: 'ready'; mediaId: string; isFresh: boolean } | Refusal;

export interface Uploads<A extends UploadAccount> {
  /** Meta's id of a bot's own file: the one it has, else it is uploaded. Never rejects for what Meta or the store do. */
  idOf(account: A, file: OwnFile, attempt: number): Promise<UploadResult>;
  /** Meta does not know this id any more; one that was given since is kept. */
  forget(account: A, file: OwnFile, mediaId: string): Promise<void>;
}

/** Meta keeps a file for 30 days; a message that is just being sent needs it for a while. */
const REUSED_SEC = 29 * 86_400;
const STORE_RETRY_MS = 2_000;

/** Uploads a bot's own files when they are first sent, and once for all messages of a number that need them. */
export function createUploads<A extends UploadAccount>(deps: {
  store: Pick<MediaStore, 'read'>;
  redis: RedisClient;
  clientFor(account: A): CloudApiClient;
  timeoutMs: number;
}): Uploads<A> {
  /** by key: whoever wants the same file meanwhile waits for the same upload */
  const underWay = new Map<string, Promise<UploadResult>>();

  async function upload(account: A, file: OwnFile, attempt: number): Promise<UploadResult> {
    const { phoneNumberId, graphVersion, accessToken, appSecrets } = account;
    const content = await deps.store.read(flowFileKey(file.sha256));
    if (content === undefined) return { outcome: 'rejected', reason: 'file_missing', mayHaveBeenSent: false };
    const [appSecret] = appSecrets;
    const done = await deps.clientFor(account).upload({
      phoneNumberId,
      graphVersion,
      accessToken,
      ...(appSecret === undefined ? {} : { appSecret }),
      attempt,
      file: { name: basename(file.path), type: file.type, bytes: file.bytes, content },
      timeoutMs: deps.timeoutMs,
    });
    if (done.outcome !== 'uploaded') return unsent(done);
    await deps.redis.set(keyOf(account, file), done.mediaId, 'EX', REUSED_SEC);
    return { outcome: 'ready', mediaId: done.mediaId, isFresh: true };
  }

  return {
    async idOf(account, file, attempt) {
      const key = keyOf(account, file);
      const known = await deps.redis.get(key);
      if (known !== null) return { outcome: 'ready', mediaId: known, isFresh: false };
      const begun = underWay.get(key);
      if (begun !== undefined) return begun;
      const work = upload(account, file, attempt)
        .catch((err: unknown): UploadResult => {
          if (!(err instanceof MediaStoreError)) throw err;
          const afterMs = STORE_RETRY_MS * 2 ** (attempt - 1);
          return { outcome: 'retry', reason: err.code, scope: 'message', afterMs, mayHaveBeenSent: false };
        })
        .finally(() => underWay.delete(key));
      underWay.set(key, work);
      return work;
    },
    async forget(account, file, mediaId) {
      const key = keyOf(account, file);
      if ((await deps.redis.get(key)) === mediaId) await deps.redis.del(key);
    },
  };
}

function keyOf({ phoneNumberId }: UploadAccount, { sha256 }: OwnFile): string {
  return `${OPS.prefix}mu:${phoneNumberId}:${sha256}`;
}

/** Whatever became of the upload, the message itself was not sent. */
function unsent(refusal: Refusal): Refusal {
  if (refusal.outcome === 'unknown') {
    const { reason, code } = refusal;
    const own = {
      outcome: 'retry',
      reason,
      scope: 'message',
      afterMs: STORE_RETRY_MS,
      mayHaveBeenSent: false,
    } as const;
    return code === undefined ? own : { ...own, code };
  }
  return { ...refusal, mayHaveBeenSent: false };
}

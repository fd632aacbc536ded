import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, CloudApiClient } from '../cloud-api/client.js';
import type { Refusal } from '../cloud-api/outcome.js';

/** `refused`: Meta's last word, or that of the line to it */
export type ResumableOutcome =
  | { outcome: 'finished'; handle: string }
  | { outcome: 'refused'; refusal: Refusal }
  | { outcome: 'not_wanted' };

export interface ResumableFile {
  /** where it lies on this machine; it must stay as it is meanwhile */
  path: string;
  /** as Meta is told */
  name: string;
  type: string;
  bytes: number;
}

/** Tries in a row that bring no byte further. */
const MOST_STALLS = 5;
/** A line that breaks after every few bytes brings it further each time, and nowhere. */
const MOST_TRIES = 40;
const PAUSE_MS = 500;
const MOST_PAUSE_MS = 30_000;

/**
 * Gives Meta a file for a template or a profile. When the connection breaks it asks how far it came and goes on there;
 * when the last answer is lost, or Meta knows the upload no more, it begins anew, which leaves nothing behind but an upload
 * that nobody finishes.
 *
 * @param timeoutMs for a connection, and for the rest of the file
 * @param signal whether somebody still waits for it
 * @see https://developers.facebook.com/docs/graph-api/guides/upload
 */
export async function uploadResumably({
  client,
  call,
  appId,
  file,
  timeoutMs,
  signal,
  pauseMs = PAUSE_MS,
}: {
  client: Pick<CloudApiClient, 'beginUpload' | 'uploadOffset' | 'continueUpload'>;
  call: CallOptions;
  appId: string;
  file: ResumableFile;
  timeoutMs: number;
  signal: AbortSignal;
  /** before the second try; it doubles */
  pauseMs?: number;
}): Promise<ResumableOutcome> {
  let uploadId: string | undefined;
  let furthest = 0;
  let stalls = 0;
  for (let tries = 1; ; tries++) {
    const at = await whereItStands();
    if (at.outcome === 'standing' && at.offset > furthest) {
      furthest = at.offset;
      stalls = 0;
    }
    const sent = at.outcome === 'standing' ? await sendFrom(at) : at;
    if (sent.outcome === 'finished') return sent;
    if (signal.aborted) return { outcome: 'not_wanted' };
    stalls += 1;
    const isFinal = sent.outcome === 'rejected' || sent.outcome === 'paused';
    if (isFinal || stalls >= MOST_STALLS || tries >= MOST_TRIES) return { outcome: 'refused', refusal: sent };
    const askedMs = sent.outcome === 'retry' ? sent.afterMs : 0;
    const waitMs = Math.min(MOST_PAUSE_MS, Math.max(askedMs, pauseMs * 2 ** (stalls - 1)));
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }

  async function whereItStands(): Promise<Standing | Refusal> {
    if (uploadId !== undefined) {
      const state = await client.uploadOffset({ ...call, uploadId });
      const isUnderWay = state.outcome === 'standing' && state.offset < file.bytes;
      if (isUnderWay) return { ...state, uploadId };
      // Not known any more; or all of it is there and the handle was lost: no question is known that brings it back.
      if (state.outcome !== 'standing' && state.outcome !== 'rejected') return state;
    }
    const begun = await client.beginUpload({ ...call, appId, file });
    if (begun.outcome !== 'begun') return begun;
    uploadId = begun.uploadId;
    return { outcome: 'standing', uploadId, offset: 0 };
  }

  async function sendFrom({ uploadId, offset }: Standing): Promise<{ outcome: 'finished'; handle: string } | Refusal> {
    const content = createReadStream(file.path, { start: offset });
    const rest = { uploadId, offset, content, bytes: file.bytes - offset, timeoutMs };
    const sent = await client.continueUpload({ ...call, ...rest });
    return sent.outcome === 'standing' ? INCOMPLETE : sent;
  }
}

interface Standing {
  outcome: 'standing';
  uploadId: string;
  offset: number;
}

/** It took a part, in peace; the next question tells how much. */
const INCOMPLETE: Refusal = { outcome: 'unknown', reason: 'upload_incomplete', mayHaveBeenSent: true };

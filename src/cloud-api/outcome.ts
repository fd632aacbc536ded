/** How far a refusal reaches: this contact's messages, all of the business number, or this message alone. */
export type RetryScope = 'pair' | 'number' | 'message';

/**
 * How a message did not go out. Reasons are fixed words, good for logs and labels; nothing here holds a token, a number,
 * a text or a wamid. The API has no idempotency key, so each says whether Meta may have taken the message all the same:
 * then it is sent again only when its statuses stay away.
 */
export type Refusal =
  /** never goes out as it is; `template`: a template would */
  | { outcome: 'rejected'; reason: string; code?: number; remedy?: 'template'; mayHaveBeenSent: boolean }
  | {
      outcome: 'retry';
      reason: string;
      code?: number;
      scope: RetryScope;
      afterMs: number;
      mayHaveBeenSent: boolean;
    }
  /** token, permission or account: nothing of this endpoint goes out before somebody acts; the message waits */
  | { outcome: 'paused'; reason: string; code?: number; mayHaveBeenSent: false }
  /** the request was written and no answer could be read */
  | { outcome: 'unknown'; reason: string; code?: number; mayHaveBeenSent: true };

export type SendOutcome =
  /** accepted by Meta, which is not delivered */
  | {
      outcome: 'sent';
      wamid: string;
      /** the number Meta made of ours, which may differ in its prefix (Brazil, Mexico) */
      waId?: string;
      bsuid?: string;
      /** with templates: `accepted`, `held_for_quality_assessment`, `paused` */
      messageStatus?: string;
    }
  | Refusal;

export type MarkReadOutcome = { outcome: 'marked' } | Refusal;

/** What `input` can have, for the check that nobody reads anything else. */
export const INPUT_KEYS: readonly string[] = [
  ...['text', 'data', 'attachments', 'type', 'messageId', 'result', 'intent', 'intentScore', 'slots', 'activeQuestion'],
  ...['userId', 'sessionId', 'channel', 'execution', 'flow', 'currentTime', 'language', 'repliedTo', 'referral'],
  ...['window', 'whatsapp', 'oldTap'],
];

/** What every profile can have without a flow having set it. */
export const PROFILE_KEYS: readonly string[] = ['name', 'waId', 'bsuid', 'username', 'language', 'optIns', 'optOuts'];

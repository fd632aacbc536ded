import type { Variant } from './kill-test.js';

const BASE: Variant = {
  name: '',
  messages: 20_000,
  conversations: 500,
  fsync: 'everysec',
  kills: {},
  graphAnswersMs: [0, 20],
  hasStatuses: true,
  // Longer than a zombie sleeps and than statuses take while web processes are killed.
  uncertainGraceMs: 8_000,
  seed: 1,
};

/** `npm run test:kill`: minutes. */
export const LONG: readonly Variant[] = [
  {
    ...BASE,
    name: 'workers and webs',
    kills: { workerLifeMs: [50, 2_000], webLifeMs: [500, 2_500] },
    seed: 11,
  },
  {
    ...BASE,
    name: 'Redis too',
    fsync: 'always',
    kills: { workerLifeMs: [300, 4_000], webLifeMs: [1_000, 4_000], redisLifeMs: [6_000, 15_000] },
    seed: 12,
  },
  {
    ...BASE,
    name: 'zombies',
    messages: 12_000,
    kills: { zombieMs: [3_500, 6_000], webLifeMs: [2_000, 6_000] },
    seed: 13,
  },
  {
    ...BASE,
    name: 'senders, Meta slow',
    kills: { workerLifeMs: [50, 2_000] },
    graphAnswersMs: [30, 150],
    seed: 14,
  },
  {
    ...BASE,
    name: 'senders, no statuses',
    messages: 6_000,
    kills: { workerLifeMs: [50, 2_000] },
    graphAnswersMs: [30, 150],
    hasStatuses: false,
    uncertainGraceMs: 3_000,
    seed: 15,
  },
];

/** Part of `npm test`: everything dies a few times within a minute. */
export const SHORT: Variant = {
  ...BASE,
  name: 'all of it, in short',
  messages: 3_000,
  conversations: 150,
  fsync: 'always',
  kills: { workerLifeMs: [500, 4_000], webLifeMs: [1_500, 5_000], redisLifeMs: [3_000, 7_000] },
  uncertainGraceMs: 6_000,
  seed: 20,
};

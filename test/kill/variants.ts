import type { Variant } from './kill-test.js';

const BASE: Variant = {
  name: '',
  messages: 20_000,
  conversations: 500,
  fsync: 'everysec',
  kills: {},
  graphAnswersMs: [0, 20],
  hasStatuses: true,
  // The default: longer than a zombie sleeps, and than statuses take while webs and Redis are killed.
  uncertainGraceMs: 15_000,
  seed: 1,
};

/** `npm run test:kill`: minutes. */
export const LONG: readonly Variant[] = [
  {
    ...BASE,
    name: 'workers and webs',
    kills: { workers: 60, webs: 15 },
    seed: 11,
  },
  {
    ...BASE,
    name: 'Redis too',
    fsync: 'always',
    kills: { workers: 40, webs: 10, redis: 4 },
    seed: 12,
  },
  {
    ...BASE,
    name: 'zombies',
    messages: 12_000,
    kills: { zombies: 5, zombieMs: [3_500, 6_000], webs: 4 },
    seed: 13,
  },
  {
    ...BASE,
    name: 'senders, Meta slow',
    kills: { workers: 45 },
    graphAnswersMs: [30, 150],
    seed: 14,
  },
  {
    ...BASE,
    name: 'senders, no statuses',
    messages: 6_000,
    kills: { workers: 25 },
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
  kills: { workers: 6, webs: 3, redis: 2 },
  seed: 20,
};

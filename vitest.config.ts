import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two workers: the suites start real Redis servers and browsers, and small machines have two cores.
    maxWorkers: 2,
  },
});

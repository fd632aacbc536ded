import { expect, it } from 'vitest';
import { runKillTest } from '../kill/kill-test.js';
import { outcomeTable } from '../kill/table.js';
import { SHORT } from '../kill/variants.js';

it('keeps every promise while workers, webs and Redis are killed', async () => {
  const outcome = await runKillTest(SHORT);
  expect(outcome.broken, outcomeTable([outcome])).toEqual([]);
  // Killing nobody proves nothing.
  expect(outcome.kills).toMatchObject(SHORT.kills);
  expect(outcome.counts.messages).toBe(SHORT.messages);
}, 300_000);

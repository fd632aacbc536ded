import { expect, it } from 'vitest';
import { reloadWords } from '../../../src/cli/reload.js';

it('each process says what it has done, or that it has not', () => {
  const none = { added: [], changed: [], removed: [], later: [] };
  const one = { role: 'web', host: 'a', pid: 1 };
  expect(
    reloadWords({
      processes: [
        {
          ...one,
          reloading: { ...none, outcome: 'taken', added: ['shop', 'help'], removed: ['old'], later: ['http.port'] },
        },
        { ...one, pid: 2, reloading: { ...none, outcome: 'possible', changed: ['shop'] } },
        { ...one, pid: 3, reloading: { ...none, outcome: 'unchanged', later: ['log.level'] } },
        { ...one, pid: 4, reloading: { outcome: 'refused', message: 'Two endpoints.' } },
        { ...one, pid: 5 },
      ],
    }),
  ).toBe(
    'web on a (1): shop, help added; old removed; for the next restart: http.port\n' +
      'web on a (2): shop would be changed\n' +
      'web on a (3): its endpoints are as they were; for the next restart: log.level\n' +
      'web on a (4): refused. Two endpoints.\n' +
      'web on a (5): did not answer; its log may say why, and SIGHUP asks it again\n',
  );
});

import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { keepSwept } from '../../../src/media/keep-swept.js';

it('a stop ends what takes long: it is no failure, and nothing else is begun', async () => {
  const logged: string[] = [];
  const next = vi.fn(async () => 0);
  const sweeping = keepSwept(
    [
      {
        what: 'what takes long',
        sweep: (stopping) =>
          new Promise((_resolve, reject) => stopping.addEventListener('abort', () => reject(new Error('not all')))),
      },
      { what: 'what comes behind it', sweep: next },
    ],
    pino({ level: 'debug' }, { write: (line) => void logged.push(line) }),
  );
  await sweeping.stop();
  expect([logged, next.mock.calls]).toEqual([[], []]);
});

it('what fails is told, and keeps nothing else from being swept', async () => {
  const logged: unknown[] = [];
  const done = vi.fn(async () => 3);
  const sweeping = keepSwept(
    [
      { what: 'a folder', sweep: () => Promise.reject(new Error('no right')) },
      { what: 'another', sweep: done },
    ],
    pino({ level: 'debug' }, { write: (line) => void logged.push(JSON.parse(line)) }),
  );
  await vi.waitFor(() => expect(logged).toHaveLength(2));
  expect(logged).toMatchObject([
    { what: 'a folder', err: { message: 'no right' } },
    { what: 'another', files: 3 },
  ]);
  await sweeping.stop();
});

import { watch } from 'node:fs';
import { createInterface } from 'node:readline';
import type { OpenChat } from './open-chat.js';

/** One line in, replies out; pauses of the flow are passed over. */
export async function readAll(chat: OpenChat): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (!(await chat.line(line))) return;
    while (chat.pauseMs() !== undefined) await chat.skip();
  }
}

/** Editors save in several writes. */
const STILL_MS = 50;

/** At a terminal: pauses take their time, and an empty line ends them. */
export async function talk(chat: OpenChat): Promise<void> {
  const input = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  let saved: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;
  // One thing after the other, whoever asks for it: the keyboard, a timer, an editor.
  let working: Promise<unknown> = Promise.resolve();
  const next = (work: () => Promise<boolean | undefined>): void => {
    clearTimeout(pause);
    working = working.then(work).then((goesOn) => {
      if (goesOn === false) return input.close();
      const pauseMs = chat.pauseMs();
      if (pauseMs !== undefined) pause = setTimeout(() => next(async () => void (await chat.skip())), pauseMs);
      return input.prompt();
    });
    working.catch((err: unknown) => input.emit('error', err));
  };
  const watcher = watch(chat.folder, () => {
    clearTimeout(saved);
    saved = setTimeout(() => next(async () => void chat.reload()), STILL_MS);
  });
  input.prompt();
  try {
    await new Promise<void>((end, fail) => {
      input.on('line', (line) => next(() => chat.line(line)));
      input.once('close', end);
      input.once('error', fail);
    });
  } finally {
    clearTimeout(pause);
    clearTimeout(saved);
    watcher.close();
  }
}

import type { Finding } from '../flow/reading/finding.js';
import type { Clock } from '../shared/clock.js';
import type { JsonObject } from '../shared/json.js';
import { createMocks, type Mocks } from './mocks.js';
import { type Recording, testFileOf } from './record.js';
import { type Given, readTestFile, type TestTurn } from './test-file.js';

/** A conversation that took place elsewhere, to be gone through again. */
export interface Story {
  flow: string;
  given: Given;
  /** what happened, and what the bot said and where it stood then */
  turns: readonly { act: JsonObject; turn: TestTurn }[];
  /** the answers its calls got, each once and in their order */
  mocks: Mocks;
}

/** It goes through the same words as a recorded test. @returns findings where such a test would not be read */
export function storyOf(
  { flow, given, recording }: { flow: string; given: JsonObject; recording: Recording },
  clock: Clock,
): Story | { findings: readonly Finding[] } {
  const { file, findings } = readTestFile('conversation.test.yaml', testFileOf(flow, given, [recording]));
  const [test] = file?.content.tests ?? [];
  if (file === undefined || test === undefined) return { findings };
  return {
    flow,
    given: file.content.given ?? {},
    turns: test.turns.flatMap((turn, index) => {
      const { act } = recording.turns[index] ?? {};
      return act === undefined ? [] : [{ act, turn }];
    }),
    mocks: createMocks(test.http ?? [], test.llm ?? [], clock),
  };
}

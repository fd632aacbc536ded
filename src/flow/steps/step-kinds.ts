import type { StepKind } from '../step.js';
import { append } from './append.js';
import { blind } from './blind.js';
import { code } from './code.js';
import { endSession } from './end-session.js';
import { every } from './every.js';
import { executeFlow } from './execute-flow.js';
import { goTo } from './go-to.js';
import { handover } from './handover.js';
import { http } from './http.js';
import { ifStep } from './if.js';
import { inject } from './inject.js';
import { llm } from './llm.js';
import { log } from './log.js';
import { lookup } from './lookup.js';
import { notify } from './notify.js';
import { once } from './once.js';
import { optionalQuestion } from './optional-question.js';
import { profile } from './profile.js';
import { question } from './question.js';
import { raise } from './raise.js';
import { repeat } from './repeat.js';
import { say } from './say.js';
import { set } from './set.js';
import { sleep } from './sleep.js';
import { stop } from './stop.js';
import { think } from './think.js';
import { track } from './track.js';
import { unset } from './unset.js';
import { wait } from './wait.js';

/** Every kind of step a flow may have. A new kind is a new file and a line here. */
export const stepKinds: readonly StepKind[] = [
  say,
  question,
  optionalQuestion,
  wait,
  ifStep,
  lookup,
  once,
  every,
  repeat,
  goTo,
  executeFlow,
  think,
  set,
  unset,
  append,
  profile,
  sleep,
  stop,
  endSession,
  code,
  log,
  track,
  blind,
  raise,
  handover,
  http,
  inject,
  notify,
  llm,
];

import type { StepKind } from '../step.js';
import { endSession } from './end-session.js';
import { executeFlow } from './execute-flow.js';
import { goTo } from './go-to.js';
import { handover } from './handover.js';
import { ifStep } from './if.js';
import { log } from './log.js';
import { lookup } from './lookup.js';
import { once } from './once.js';
import { question } from './question.js';
import { say } from './say.js';
import { set } from './set.js';
import { sleep } from './sleep.js';
import { stop } from './stop.js';
import { unset } from './unset.js';
import { wait } from './wait.js';

/** Every kind of step a flow may have. A new kind is a new file and a line here. */
export const stepKinds: readonly StepKind[] = [
  say,
  question,
  wait,
  ifStep,
  lookup,
  once,
  goTo,
  executeFlow,
  set,
  unset,
  sleep,
  stop,
  endSession,
  log,
  handover,
];

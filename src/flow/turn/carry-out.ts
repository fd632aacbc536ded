import type { Step, StepEffect } from '../behaviour.js';
import { fnv1a } from '../fnv.js';
import { saidByBot } from '../history.js';
import { addMenu } from './menus.js';
import type { EngineState, OpenTurn } from './state.js';
import type { FlowEffect, TurnRequest } from './turn.js';
import type { TurnMemory } from './turn-memory.js';

/** What the effects of steps change: a turn's own copies. */
interface UnderWay {
  readonly request: TurnRequest;
  readonly state: EngineState;
  readonly turn: OpenTurn;
  readonly memory: TurnMemory;
  readonly effects: FlowEffect[];
}

/** Takes what a step wants done into the turn. Writes are left to `TurnMemory.write`, which makes all of a step's or none. */
export function carryOut(effect: StepEffect, { step, flow }: { step: Step; flow: string }, walk: UnderWay): void {
  const { state, effects } = walk;
  const marks = state.blind ? { blind: true as const } : {};
  switch (effect.effect) {
    case 'send': {
      const menu = effect.taps.length === 0 ? undefined : nextMenu(walk);
      effects.push({
        effect: 'send',
        message: effect.message,
        ...(effect.delivery === undefined ? {} : { delivery: effect.delivery }),
        ...(menu === undefined ? {} : { menu }),
        flow,
        step: step.ref,
        ...marks,
      });
      if (walk.request.version.remembers && !state.blind) walk.turn.said.push(...saidByBot(effect.message));
      if (menu !== undefined) addMenu(state.menus, { id: menu, flow, taps: effect.taps, pages: effect.pages ?? {} });
      return;
    }
    case 'assign':
    case 'append':
    case 'forget':
      return;
    case 'contactNote':
      walk.memory.setContactNote(step.place, effect.atMs);
      return;
    case 'blind':
      state.blind = effect.on;
      if (effect.on) walk.turn.blind = true;
      return;
    case 'elsewhere':
      effects.push({ effect: 'elsewhere', act: effect.act, flow, step: step.ref, ...marks });
      return;
    case 'track':
      if (state.blind) return;
      effects.push({ effect: 'track', kind: effect.kind, name: effect.name, flow, step: step.ref });
      return;
    case 'result':
      walk.memory.setInput('result', effect.value);
      return;
    case 'welcome':
    case 'unwelcome': {
      const others = state.welcome.filter((one) => one.flow !== flow || one.step !== step.ref);
      const until = effect.effect === 'welcome' ? state.inputs + effect.inputs : 0;
      state.welcome = until === 0 ? others : [...others, { flow, step: step.ref, until }];
      return;
    }
    case 'drawn':
      walk.memory.random.skip(effect.count);
      return;
    case 'note':
      state.notes[step.place] = effect.value;
      return;
    case 'log':
      if (state.blind) return;
      effects.push({ effect: 'log', level: effect.level, message: effect.message, flow, step: step.ref });
  }
}

/** A name for a menu that no other one of the contact has. */
function nextMenu({ request, turn }: UnderWay): string {
  turn.menus += 1;
  return fnv1a(`${request.seed}:m${turn.menus}`);
}

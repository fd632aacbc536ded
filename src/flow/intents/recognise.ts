import type { Json, JsonObject } from '../../shared/json.js';
import type { Flow, FlowVersion } from '../definition.js';
import { groupsOf } from '../expressions/safe-regex.js';
import { fold } from '../words.js';
import { classify, type Example, type IntentModel, train } from './classifier.js';
import type { Intent } from './intent.js';

/** An intent a message has. */
export interface Recognised {
  intent: Intent;
  /** the flow that declares it */
  flow: string;
  /** 0 to 1; 1 for keywords, patterns and payloads */
  score: number;
  /** nothing else can have been meant: the whole message is a keyword, or a pattern or payload says it */
  exact: boolean;
  /** the named groups of its pattern */
  slots: JsonObject;
}

/** Longer texts are no wishes but stories. UTF-16 units. */
const MAX_TEXT = 1000;

/** `cIntent:human` in a text or as a button's id, as in Cognigy. */
const PAYLOAD = /^\s*cIntent:\s*([\w-]+)\s*$/;

/** Whether a text is a payload rather than words. */
export function namesIntent(text: string): boolean {
  return PAYLOAD.test(text);
}

/**
 * What a message wants: the intent its payload names, else the first with a keyword or pattern in it, else the one whose
 * examples it looks like.
 *
 * @param scope the flows whose intents count, the nearest first: an intent hides those of its name in farther flows
 */
export function recognise(text: string, scope: readonly string[], version: FlowVersion): Recognised | undefined {
  const known = intentsOf(scope, version);
  if (known.length === 0) return undefined;
  const named = PAYLOAD.exec(text)?.[1];
  if (named !== undefined) {
    const found = known.find(({ intent }) => intent.name === named);
    return found === undefined ? undefined : { ...found, score: 1, exact: true, slots: {} };
  }
  const said = text.length > MAX_TEXT ? '' : fold(text);
  if (said === '') return undefined;
  return byRule(text, said, known) ?? byExamples(text, scope, known, version);
}

interface Known {
  flow: string;
  intent: Intent;
}

function intentsOf(scope: readonly string[], version: FlowVersion): Known[] {
  const names = new Set<string>();
  return [...new Set(scope)].flatMap((flow) =>
    (version.byName.get(flow)?.intents ?? [])
      .filter(({ name }) => !names.has(name) && names.add(name))
      .map((intent) => ({ flow, intent })),
  );
}

function byRule(text: string, said: string, known: readonly Known[]): Recognised | undefined {
  for (const found of known) {
    const { keywords, patterns } = found.intent;
    for (const pattern of patterns) {
      const groups = groupsOf(pattern, text.trim());
      if (groups !== undefined) return { ...found, score: 1, exact: true, slots: slotsOf(groups) };
    }
    if (keywords.some((keyword) => fold(keyword) === said)) return { ...found, score: 1, exact: true, slots: {} };
  }
  const within = known.find(({ intent }) => intent.keywords.some((keyword) => has(said, fold(keyword))));
  return within === undefined ? undefined : { ...within, score: 1, exact: false, slots: {} };
}

function has(said: string, keyword: string): boolean {
  return keyword !== '' && ` ${said} `.includes(` ${keyword} `);
}

function slotsOf(groups: { readonly [name: string]: string | undefined }): JsonObject {
  const named = Object.entries(groups).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries<Json>(named);
}

function byExamples(
  text: string,
  scope: readonly string[],
  known: readonly Known[],
  version: FlowVersion,
): Recognised | undefined {
  const model = modelOf(scope, known, version);
  const [best] = model === undefined ? [] : classify(text, model);
  const found = known.find(({ intent }) => intent.name === best?.intent);
  if (best === undefined || found === undefined || best.score < found.intent.threshold) return undefined;
  return { ...found, score: Math.round(best.score * 100) / 100, exact: false, slots: {} };
}

const models = new WeakMap<FlowVersion, Map<string, IntentModel | undefined>>();

/** Taught when the first message needs it, and kept as long as the version. */
function modelOf(scope: readonly string[], known: readonly Known[], version: FlowVersion): IntentModel | undefined {
  const taught = models.get(version) ?? new Map<string, IntentModel | undefined>();
  models.set(version, taught);
  const key = [...new Set(scope)].filter((flow) => hasIntents(version.byName.get(flow))).join('/');
  if (!taught.has(key)) {
    const examples = known.flatMap(({ intent }) =>
      intent.examples.map((text): Example => ({ intent: intent.name, text })),
    );
    taught.set(key, examples.length === 0 ? undefined : train(examples));
  }
  return taught.get(key);
}

function hasIntents(flow: Flow | undefined): boolean {
  return flow !== undefined && flow.intents.length > 0;
}

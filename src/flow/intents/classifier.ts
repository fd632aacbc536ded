import { featuresOf } from './features.js';

export interface Example {
  intent: string;
  text: string;
}

/** What training makes of examples: plain data, the same for the same examples in the same order. */
export interface IntentModel {
  readonly intents: readonly string[];
  /** where a feature stands in `rarity` and in the weights */
  readonly places: ReadonlyMap<string, number>;
  /** by place: the rarer among the examples, the more */
  readonly rarity: readonly number[];
  /** of a feature no example has */
  readonly unknownRarity: number;
  /** for each intent: a weight for each place, and the bias behind them */
  readonly weights: readonly Float64Array[];
}

export interface Guess {
  intent: string;
  /** 0 to 1: how much the text looks like the intent's examples, less what in it no example has */
  score: number;
}

/** More brought no better answers, and each costs as much as the first. */
const EPOCHS = 8;
const DECAY = 1e-4;

/**
 * Teaches a classifier: for each intent one logistic regression over TF-IDF of words, pairs and pieces. One model for all
 * languages: they share few features, and a measured detour over the language of the message brought nothing
 * (docs/decisions). No random numbers: the examples are gone through in their order.
 */
export function train(examples: readonly Example[]): IntentModel {
  const intents = [...new Set(examples.map(({ intent }) => intent))];
  const counted = examples.map(({ text }) => featuresOf(text));
  const places = new Map<string, number>();
  const texts: number[] = [];
  for (const found of counted) {
    for (const feature of found.keys()) {
      const place = places.get(feature) ?? texts.length;
      places.set(feature, place);
      texts[place] = (texts[place] ?? 0) + 1;
    }
  }
  const model = {
    intents,
    places,
    rarity: texts.map((count) => rarityOf(count, examples.length)),
    unknownRarity: rarityOf(0, examples.length),
  };
  const vectors = counted.map((found) => vectorOf(found, model));
  const labels = examples.map(({ intent }) => intents.indexOf(intent));
  return { ...model, weights: intents.map((_, intent) => learn(vectors, labels, intent, texts.length)) };
}

/** @returns every intent, the likeliest first */
export function classify(text: string, model: IntentModel): Guess[] {
  const vector = vectorOf(featuresOf(text), model);
  return model.intents
    .map((intent, index) => ({ intent, score: sigmoid(dot(model.weights[index] ?? NONE, vector)) * vector.known }))
    .sort((a, b) => b.score - a.score);
}

const NONE = new Float64Array(1);

function rarityOf(texts: number, all: number): number {
  return Math.log((1 + all) / (1 + texts)) + 1;
}

/** A text's known features, with a length of 1 in all. */
interface Vector {
  places: Int32Array;
  values: Float64Array;
  /** the share of the text that its known features are, 0 to 1 */
  known: number;
}

function vectorOf(
  found: ReadonlyMap<string, number>,
  { places, rarity, unknownRarity }: Pick<IntentModel, 'places' | 'rarity' | 'unknownRarity'>,
): Vector {
  const known: [place: number, value: number][] = [];
  let knownSquares = 0;
  let unknownSquares = 0;
  for (const [feature, count] of found) {
    const place = places.get(feature);
    const value = (1 + Math.log(count)) * (place === undefined ? unknownRarity : (rarity[place] ?? 0));
    if (place === undefined) unknownSquares += value * value;
    else {
      knownSquares += value * value;
      known.push([place, value]);
    }
  }
  const length = Math.sqrt(knownSquares);
  return {
    places: Int32Array.from(known, ([place]) => place),
    values: Float64Array.from(known, ([, value]) => value / length),
    known: length === 0 ? 0 : length / Math.sqrt(knownSquares + unknownSquares),
  };
}

/** Stochastic gradient descent; the examples of the intent weigh as much as the others together, ten times one at most. */
function learn(vectors: readonly Vector[], labels: readonly number[], intent: number, size: number): Float64Array {
  const weights = new Float64Array(size + 1);
  const own = labels.filter((label) => label === intent).length;
  const ownWeight = Math.min(Math.max((labels.length - own) / own, 1), 10);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const rate = 1 / (1 + epoch * 0.1);
    for (let index = 0; index < vectors.length; index++) {
      const vector = vectors[index];
      if (vector === undefined) continue;
      const isOwn = labels[index] === intent;
      const error = ((isOwn ? 1 : 0) - sigmoid(dot(weights, vector))) * (isOwn ? ownWeight : 1);
      const { places, values } = vector;
      for (let at = 0; at < places.length; at++) {
        const place = places[at] ?? 0;
        const weight = weights[place] ?? 0;
        weights[place] = weight + rate * (error * (values[at] ?? 0) - DECAY * weight);
      }
      weights[size] = (weights[size] ?? 0) + rate * error * 0.1;
    }
    // A text with nothing in it is no intent: without this a bot's only intent would be everything.
    weights[size] = (weights[size] ?? 0) - rate * sigmoid(weights[size] ?? 0) * 0.1 * own;
  }
  return weights;
}

/** @param weights one for each place, and the bias behind them */
function dot(weights: Float64Array, { places, values }: Vector): number {
  let sum = weights[weights.length - 1] ?? 0;
  for (let at = 0; at < places.length; at++) sum += (weights[places[at] ?? 0] ?? 0) * (values[at] ?? 0);
  return sum;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Longer texts match no pattern: with this and `regexFault`, matching stays within tens of milliseconds. UTF-16 units. */
export const MAX_MATCHED_TEXT = 1000;

/** Ways of matching that may be tried in all: some times the square of the longest text. */
const MAX_WAYS = 4 * MAX_MATCHED_TEXT ** 2;

/**
 * Why a pattern must not meet a contact's text, or undefined when it may.
 *
 * JavaScript's matcher tries all ways to split a text between the repeats of a pattern. This check counts them, rather
 * too many than too few, and refuses
 * - a repeat inside a repeat, `(a+)+`, unless each round ends or begins with a character nothing else in it matches and
 *   varies in one place only, `([a-z]+,)*`,
 * - a repeated choice whose branches can begin alike, `(a|ab)*`,
 * - a row of repeats that compete for the same characters, `.*x.*y.*`,
 * - lookaround and backreferences, which it does not follow.
 *
 * @returns a sentence for the designer
 */
export function regexFault(pattern: string): string | undefined {
  if (pattern.length > MAX_MATCHED_TEXT) return `the pattern has more than ${MAX_MATCHED_TEXT} characters`;
  try {
    new RegExp(pattern);
  } catch (err) {
    if (!(err instanceof SyntaxError)) throw err;
    return err.message.replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, 'not a pattern: ');
  }
  try {
    const branches = new Parser(pattern).branches();
    for (const branch of branches) checkRow(branch, false);
    const anchored = branches.every(([first]) => first?.kind === 'start');
    // Without ^ the matcher also tries every place to begin.
    const starts = anchored ? 1 : MAX_MATCHED_TEXT;
    const total = branches.reduce((sum, branch) => sum + waysOfRow(branch), 0) * starts;
    return total > MAX_WAYS ? CONTEST : undefined;
  } catch (err) {
    if (err instanceof Unsafe) return err.message;
    if (err instanceof RangeError) return 'the pattern is nested too deep';
    throw err;
  }
}

const CONTEST =
  'the pattern can take very long: several repeats compete for the same characters; begin it with ^ or name what stands between them';
const NESTED =
  'the pattern can take for ever: a repeat inside a repeat, as in (a+)+; let each round end with a separator, as in ([a-z]+,)*';
const ALIKE = 'the pattern can take for ever: a repeated choice whose branches begin alike, as in (a|ab)*';

const MAX_COMPILED = 1000;
const compiled = new Map<string, RegExp>();

/**
 * Matches a text against a pattern that `regexFault` let through; texts over the limit match nothing.
 *
 * @returns what was matched
 */
export function matchPattern(pattern: string, text: string): string | undefined {
  return match(pattern, text)?.[0];
}

/** The same for the pattern's named groups; undefined when it does not match. */
export function groupsOf(pattern: string, text: string): { readonly [name: string]: string | undefined } | undefined {
  const found = match(pattern, text);
  return found === null ? undefined : { ...found.groups };
}

function match(pattern: string, text: string): RegExpExecArray | null {
  if (text.length > MAX_MATCHED_TEXT) return null;
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    regex = new RegExp(pattern);
    compiled.set(pattern, regex);
  }
  return regex.exec(text);
}

class Unsafe extends Error {}

/** Which characters an atom matches: one place for each of Latin-1, one for all the others. */
type CharSet = readonly boolean[];
const PLACES = 257;

type Atom =
  | { kind: 'start' }
  /** `$`, `\b`: takes no character */
  | { kind: 'edge' }
  | { kind: 'set'; set: CharSet; least: number; most: number }
  | { kind: 'group'; branches: Atom[][]; least: number; most: number };

const setOf = (matches: (char: string) => boolean): CharSet =>
  Array.from({ length: PLACES }, (_, code) => matches(String.fromCharCode(code === 256 ? 0x4e00 : code)));
const ANY: CharSet = setOf(() => true);
const DIGIT = setOf((char) => /\d/.test(char));
const WORD = setOf((char) => /\w/.test(char));
const SPACE = setOf((char) => /\s/.test(char));
const not = (set: CharSet): CharSet => set.map((has, place) => !has || place === 256);
const union = (a: CharSet, b: CharSet): CharSet => a.map((has, place) => has || b[place] === true);
const overlap = (a: CharSet, b: CharSet): boolean => a.some((has, place) => has && b[place] === true);
const one = (char: string): CharSet =>
  setOf((other) => other === char || (char.charCodeAt(0) > 255 && other.charCodeAt(0) > 255));

const CLASSES: { readonly [letter: string]: CharSet } = {
  d: DIGIT,
  D: not(DIGIT),
  w: WORD,
  W: not(WORD),
  s: SPACE,
  S: not(SPACE),
};
const CONTROLS: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', 0: '\0' };

/** Reads a pattern the engine has accepted, so only the shape matters here. */
class Parser {
  private at = 0;

  constructor(private readonly pattern: string) {}

  branches(): Atom[][] {
    const branches: Atom[][] = [[]];
    while (this.at < this.pattern.length && this.pattern[this.at] !== ')') {
      if (this.take('|')) branches.push([]);
      else branches.at(-1)?.push(this.repeated(this.atom()));
    }
    return branches;
  }

  private take(text: string): boolean {
    if (!this.pattern.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private atom(): Atom {
    if (this.take('^')) return { kind: 'start' };
    if (this.take('$') || this.take('\\b') || this.take('\\B')) return { kind: 'edge' };
    if (this.take('.')) return once(ANY);
    if (this.take('[')) return once(this.charClass());
    if (this.take('(')) {
      if (/^\?<?[=!]/.test(this.pattern.slice(this.at, this.at + 3))) {
        throw new Unsafe('lookaround (`(?=`, `(?!`, `(?<`) is not available in patterns');
      }
      const named = /^\?(:|<\w+>)/.exec(this.pattern.slice(this.at));
      this.at += named?.[0].length ?? 0;
      const branches = this.branches();
      this.take(')');
      return { kind: 'group', branches, least: 1, most: 1 };
    }
    if (this.take('\\')) return once(this.escape(false));
    return once(one(this.pattern[this.at++] ?? ''));
  }

  private escape(inClass: boolean): CharSet {
    const letter = this.pattern[this.at++] ?? '';
    if (!inClass && (/[1-9]/.test(letter) || letter === 'k')) {
      throw new Unsafe('backreferences (`\\1`, `\\k`) are not available in patterns');
    }
    const known = Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
    if (known !== undefined) return known;
    const code = /^(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/i.exec(this.pattern.slice(this.at - 1));
    if (code !== null) {
      this.at += code[0].length - 1;
      return one(String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16)));
    }
    // \c, \p and whatever else: it may match anything.
    if (/[cpP]/.test(letter)) return ANY;
    return one(CONTROLS[letter] ?? letter);
  }

  private charClass(): CharSet {
    const negated = this.take('^');
    let set: CharSet = setOf(() => false);
    while (this.at < this.pattern.length && !this.take(']')) {
      const from = this.at;
      let item = this.take('\\') ? this.escape(true) : one(this.pattern[this.at++] ?? '');
      if (this.pattern[this.at] === '-' && this.pattern[this.at + 1] !== ']') {
        this.at += 1;
        const to = this.at;
        const end = this.take('\\') ? this.escape(true) : one(this.pattern[this.at++] ?? '');
        item = range(item, end, this.pattern.slice(from, to), this.pattern.slice(to, this.at));
      }
      set = union(set, item);
    }
    return negated ? not(set) : set;
  }

  private repeated(atom: Atom): Atom {
    const bounds = this.bounds();
    if (bounds === undefined || atom.kind === 'start' || atom.kind === 'edge') return atom;
    this.take('?'); // lazy repeats split texts in as many ways
    return { ...atom, ...bounds };
  }

  private bounds(): { least: number; most: number } | undefined {
    if (this.take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.take('?')) return { least: 0, most: 1 };
    const braces = /^\{(\d+)(,?)(\d*)\}/.exec(this.pattern.slice(this.at));
    if (braces === null) return undefined;
    const [all, least, comma, most] = braces;
    this.at += all.length;
    return {
      least: Number(least),
      most: comma === '' ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most),
    };
  }
}

function once(set: CharSet): Atom {
  return { kind: 'set', set, least: 1, most: 1 };
}

function range(from: CharSet, to: CharSet, fromText: string, toText: string): CharSet {
  // `[\w-x]` and the like are no ranges but three items; treating them as everything is on the safe side.
  const first = from.indexOf(true);
  const last = to.lastIndexOf(true);
  if (first === -1 || last === -1 || /\\[dDwWsS]/.test(fromText + toText)) return ANY;
  return Array.from({ length: PLACES }, (_, place) => place >= first && place <= last);
}

type Group = Extract<Atom, { kind: 'group' }>;

function allChars(atoms: readonly Atom[]): CharSet {
  return atoms.reduce<CharSet>(
    (set, atom) => {
      if (atom.kind === 'set') return union(set, atom.set);
      return atom.kind === 'group' ? union(set, allChars(atom.branches.flat())) : set;
    },
    setOf(() => false),
  );
}

/** How often an atom's repeat can be chosen, as a number of ways; one without end goes as far as the text. */
function span({ least, most }: { least: number; most: number }): number {
  return Math.min(most - least + 1, MAX_MATCHED_TEXT);
}

/** In how many ways an atom can match, whatever the text. */
function ways(atom: Atom): number {
  if (atom.kind === 'set') return span(atom);
  if (atom.kind !== 'group') return 1;
  const inside = atom.branches.reduce((sum, branch) => sum + branch.reduce((all, inner) => all * ways(inner), 1), 0);
  return span(atom) * inside ** Math.min(atom.most, MAX_MATCHED_TEXT);
}

/** A repeat that has no more ways than this needs no rules: `( ?[A-Z0-9]{4}){2,7}`. */
const FEW_WAYS = 1000;

/** @throws Unsafe for a repeated group that one text can be split into rounds for in several ways */
function checkRow(row: readonly Atom[], inLoop: boolean): void {
  for (const atom of row) {
    if (atom.kind !== 'group' || (!inLoop && ways(atom) <= FEW_WAYS)) continue;
    const loops = atom.most > 1;
    for (const branch of atom.branches) checkRow(branch, inLoop || loops);
    if ((loops || inLoop) && beginAlike(atom.branches)) throw new Unsafe(ALIKE);
    if (loops && !isOneWay(atom)) throw new Unsafe(NESTED);
  }
}

function beginAlike(branches: readonly Atom[][]): boolean {
  const firsts = branches.map(firstChars);
  return firsts.some((set, index) => firsts.slice(index + 1).some((other) => overlap(set, other)));
}

function firstChars(branch: readonly Atom[]): CharSet {
  const mandatory = branch.findIndex((atom) => (atom.kind === 'set' || atom.kind === 'group') && atom.least > 0);
  return allChars(mandatory === -1 ? branch : branch.slice(0, mandatory + 1));
}

/** Whether a text can be split into the rounds of a repeated group in one way only. */
function isOneWay({ branches }: Group): boolean {
  const [body = [], ...others] = branches;
  const places = branches.reduce((sum, branch) => sum + varyingPlaces(branch), 0);
  return places === 0 || (others.length === 0 && places === 1 && isSeparated(body));
}

/** In how many places a row can be longer or shorter. */
function varyingPlaces(row: readonly Atom[]): number {
  return row.reduce((sum, atom) => {
    if (atom.kind === 'set') return sum + (atom.least === atom.most ? 0 : 1);
    if (atom.kind !== 'group') return sum;
    const inside = atom.branches.reduce((all, branch) => all + varyingPlaces(branch), 0);
    return sum + inside + (atom.least !== atom.most || atom.branches.length > 1 ? 1 : 0);
  }, 0);
}

/** Whether one mandatory character at an end of the round belongs to nothing else in it. */
function isSeparated(body: readonly Atom[]): boolean {
  return [body.at(0), body.at(-1)].some((edge) => {
    if (edge?.kind !== 'set' || edge.least !== 1 || edge.most !== 1) return false;
    return !overlap(edge.set, allChars(body.filter((atom) => atom !== edge)));
  });
}

/** A character or a repeated group in a row without choices. */
interface Run {
  set: CharSet;
  optional: boolean;
  ways: number;
}

const MAX_ROWS = 200;

/** In how many ways a row can share out a text: the worst of its contests, for each of its choices. */
function waysOfRow(row: readonly Atom[]): number {
  return runsOf(row).reduce((sum, runs) => sum + worstContest(runs), 0);
}

/** The row for each choice that can be made in it. @throws Unsafe when there are too many to follow */
function runsOf(row: readonly Atom[]): Run[][] {
  let rows: Run[][] = [[]];
  for (const atom of row) {
    if (atom.kind === 'start' || atom.kind === 'edge') continue;
    const options = optionsOf(atom);
    rows = rows.flatMap((before) => options.map((option) => [...before, ...option]));
    if (rows.length > MAX_ROWS) throw new Unsafe('the pattern has too many choices one after the other');
  }
  return rows;
}

function optionsOf(atom: Exclude<Atom, { kind: 'start' | 'edge' }>): Run[][] {
  if (atom.kind === 'set') return [[{ set: atom.set, optional: atom.least === 0, ways: span(atom) }]];
  if (atom.most > 1) {
    return [[{ set: allChars(atom.branches.flat()), optional: true, ways: Math.min(ways(atom), MAX_MATCHED_TEXT) }]];
  }
  const inside = atom.most === 0 ? [] : atom.branches.flatMap(runsOf);
  return atom.least === 0 ? [...inside, []] : inside;
}

/** The most ways in which repeats that follow each other can take characters over from one another. */
function worstContest(runs: readonly Run[]): number {
  let worst = 1;
  runs.forEach((run, index) => {
    let product = run.ways;
    let contested = run.set;
    for (const next of run.ways === 1 ? [] : runs.slice(index + 1)) {
      const contests = overlap(contested, next.set);
      if (!contests && !next.optional) break;
      if (!contests || next.ways === 1) continue;
      product *= next.ways;
      contested = union(contested, next.set);
    }
    worst = Math.max(worst, product);
  });
  return worst;
}

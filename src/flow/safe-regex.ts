/** Longer texts match no pattern: with this and `regexFault`, matching stays under some milliseconds. UTF-16 units. */
export const MAX_MATCHED_TEXT = 1000;

/**
 * Why a pattern must not meet a contact's text, or undefined when it may.
 *
 * JavaScript's matcher tries all ways to split a text between the repeats of a pattern. This check is conservative: it
 * lets through what provably takes at most the square of the text's length, and refuses
 * - a repeat inside a repeat, `(a+)+`, unless there are few ways to match it, or each round ends or begins with a character nothing else in it matches, `([a-z]+,)*`,
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
    if (err instanceof SyntaxError)
      return err.message.replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, 'not a pattern: ');
    throw err;
  }
  try {
    const parser = new Parser(pattern);
    const branches = parser.branches();
    for (const branch of branches) checkRow(branch);
    const anchored = branches.every(([first]) => first?.kind === 'start');
    const worst = Math.max(...branches.map(longestContest));
    // Unanchored, the matcher also tries every place to begin: one more factor.
    if (worst + (anchored || worst === 0 ? 0 : 1) > 2) throw new Unsafe(CONTEST);
    return undefined;
  } catch (err) {
    if (err instanceof Unsafe) return err.message;
    if (err instanceof RangeError) return 'the pattern is nested too deep';
    throw err;
  }
}

const CONTEST =
  'the pattern can take very long: several repeats compete for the same characters; begin it with ^ or name what stands between them';

const MAX_COMPILED = 1000;
const compiled = new Map<string, RegExp>();

/**
 * Matches a text against a pattern that `regexFault` let through; texts over the limit match nothing.
 *
 * @returns what was matched
 */
export function matchPattern(pattern: string, text: string): string | undefined {
  if (text.length > MAX_MATCHED_TEXT) return undefined;
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    regex = new RegExp(pattern);
    compiled.set(pattern, regex);
  }
  return regex.exec(text)?.[0];
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

/** A repeat of more than this many is as good as one without end. */
const MANY = 30;

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

function isOpenEnded({ least, most }: { least: number; most: number }): boolean {
  return most - least > MANY;
}

function varies(atom: Atom): boolean {
  if (atom.kind === 'set') return atom.least !== atom.most;
  if (atom.kind !== 'group') return false;
  return atom.least !== atom.most || atom.branches.length > 1 || atom.branches.some((branch) => branch.some(varies));
}

function allChars(atoms: readonly Atom[]): CharSet {
  return atoms.reduce<CharSet>(
    (set, atom) => {
      if (atom.kind === 'set') return union(set, atom.set);
      return atom.kind === 'group' ? union(set, allChars(atom.branches.flat())) : set;
    },
    setOf(() => false),
  );
}

/** As many ways to match as cost nothing, whatever the text: `( ?[A-Z0-9]{4}){2,7}` has 2^7 at the worst. */
const FEW_WAYS = 1000;

function ways(atom: Atom): number {
  if (atom.kind === 'set') return atom.most - atom.least + 1;
  if (atom.kind !== 'group') return 1;
  const inside = atom.branches.reduce(
    (sum, branch) => sum + branch.reduce((product, inner) => product * ways(inner), 1),
    0,
  );
  return (atom.most - atom.least + 1) * inside ** atom.most;
}

/** @throws Unsafe for a repeated group that can be split into rounds in several ways */
function checkRow(row: readonly Atom[]): void {
  for (const atom of row) {
    if (atom.kind !== 'group') continue;
    for (const branch of atom.branches) checkRow(branch);
    if (atom.most <= 1) continue;
    if (ways(atom) <= FEW_WAYS) continue;
    if (atom.branches.length > 1) checkChoice(atom.branches);
    const [body = []] = atom.branches;
    const nested = atom.branches.some((branch) => branch.some(varies));
    if (nested && !(atom.branches.length === 1 && isSeparated(body))) {
      throw new Unsafe(
        'the pattern can take for ever: a repeat inside a repeat, as in (a+)+; let each round end with a separator, as in ([a-z]+,)*',
      );
    }
  }
}

function checkChoice(branches: readonly Atom[][]): void {
  const firsts = branches.map((branch) => firstChars(branch));
  firsts.forEach((set, index) => {
    if (firsts.slice(index + 1).some((other) => overlap(set, other))) {
      throw new Unsafe('the pattern can take for ever: a repeated choice whose branches begin alike, as in (a|ab)*');
    }
  });
}

function firstChars(branch: readonly Atom[]): CharSet {
  const optional = branch.findIndex((atom) => (atom.kind === 'set' || atom.kind === 'group') && atom.least > 0);
  return allChars(optional === -1 ? branch : branch.slice(0, optional + 1));
}

/** Whether one mandatory character at an end of the round belongs to nothing else in it. */
function isSeparated(body: readonly Atom[]): boolean {
  return [body.at(0), body.at(-1)].some((edge) => {
    if (edge?.kind !== 'set' || edge.least !== 1 || edge.most !== 1) return false;
    return !overlap(edge.set, allChars(body.filter((atom) => atom !== edge)));
  });
}

/** The longest row of open-ended repeats, each able to take over characters from the one before it. */
function longestContest(row: readonly Atom[]): number {
  const flat = row.flatMap(flatten);
  let longest = 0;
  flat.forEach((atom, index) => {
    if (!isOpenEnded(atom)) return;
    let count = 1;
    let contested = atom.set;
    for (const next of flat.slice(index + 1)) {
      if (!overlap(contested, next.set)) {
        if (next.least === 0) continue;
        break;
      }
      if (isOpenEnded(next)) {
        count += 1;
        contested = union(contested, next.set);
      }
    }
    longest = Math.max(longest, count);
  });
  return longest;
}

/** A group in a row counts as the characters in it, repeated as it is, after what contends inside it. */
function flatten(atom: Atom): { set: CharSet; least: number; most: number }[] {
  if (atom.kind === 'set') return [atom];
  if (atom.kind !== 'group') return [];
  if (atom.most > 1) return [{ ...atom, set: allChars(atom.branches.flat()) }];
  if (atom.branches.length === 1 && atom.least === 1) return atom.branches.flat().flatMap(flatten);
  return atom.branches.flatMap((branch) => branch.flatMap(flatten).map((inner) => ({ ...inner, least: 0 })));
}

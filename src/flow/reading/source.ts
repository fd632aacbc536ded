/**
 * A scalar YAML would read as something other than the text that was written, or that lost its end to a comment.
 * Fields decide: a text takes `source`, a number takes `value`.
 */
export class Plain {
  constructor(
    /** the text as written: `00123`, `no`, `1.10` */
    readonly source: string,
    readonly value: string | number | boolean | null,
    /** a comment glued behind unquoted text: `# two` in `Order # two` */
    readonly comment?: string,
  ) {}
}

/** A parsed file: texts as strings, everything else unquoted as `Plain`. Maps have no prototype. */
export type Raw = string | Plain | Raw[] | RawMap;
export interface RawMap {
  [key: string]: Raw;
}

export function isRawMap(raw: unknown): raw is RawMap {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Plain);
}

/** True or false in YAML 1.1, a text in YAML 1.2. */
export function isBooleanWord(written: string): boolean {
  return /^(yes|no|on|off)$/i.test(written);
}

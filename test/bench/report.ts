/** Progress, for whoever waits; the report itself goes to standard output. */
export const say = (text: string) => process.stderr.write(`${text} …\n`);
export const whole = (value: number) => Math.round(value).toLocaleString('en');
export const two = (value: number) => value.toFixed(2);

/** One target: what was measured, and how good that is. */
export interface Target {
  id: string;
  what: string;
  measured: number;
  /** how the figure is written, e.g. `0.61 F (5 400/s)` */
  shown: string;
  better: 'more' | 'less';
  pass: number;
  /** left out: there is nothing beyond passing */
  stretch?: number;
}

export type TargetVerdict = 'stretch' | 'pass' | 'miss';

export function verdictOf({ measured, better, pass, stretch }: Target): TargetVerdict {
  const reaches = (bound: number) => (better === 'more' ? measured >= bound : measured <= bound);
  if (stretch !== undefined && reaches(stretch)) return 'stretch';
  return reaches(pass) ? 'pass' : 'miss';
}

export function targetTable(targets: readonly Target[]): string {
  return markdown(
    ['#', 'what', 'measured', 'pass', 'stretch', ''],
    targets.map((target) => {
      const sign = target.better === 'more' ? '≥' : '≤';
      return [
        target.id,
        target.what,
        target.shown,
        `${sign} ${target.pass}`,
        target.stretch === undefined ? '–' : `${sign} ${target.stretch}`,
        verdictOf(target),
      ];
    }),
  );
}

export function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

import type { FlowCoverage } from '../rehearsal/coverage.js';

/**
 * Coverage in the form editors and CI services read: a line is a step, a branch a way on from it.
 *
 * @param lineOf 1-based
 * @see https://github.com/linux-test-project/lcov/blob/master/man/geninfo.1
 */
export function lcov(
  flows: readonly FlowCoverage[],
  lineOf: (flow: FlowCoverage['flow'], step: FlowCoverage['steps'][number]['step']) => number,
): string {
  return flows
    .map(({ flow, steps, branches }) => {
      const lines = new Map<number, number>();
      for (const { step, hits } of steps) {
        const line = lineOf(flow, step);
        // Several steps on one line: the line is covered when all of them are.
        lines.set(line, Math.min(hits, lines.get(line) ?? hits));
      }
      const ways = branches.map(({ step, hits }, index) => `BRDA:${lineOf(flow, step)},0,${index},${hits}`);
      return [
        'TN:',
        `SF:${flow.file}`,
        ...ways,
        `BRF:${branches.length}`,
        `BRH:${branches.filter(({ hits }) => hits > 0).length}`,
        ...[...lines].sort(([a], [b]) => a - b).map(([line, hits]) => `DA:${line},${hits}`),
        `LF:${lines.size}`,
        `LH:${[...lines.values()].filter((hits) => hits > 0).length}`,
        'end_of_record\n',
      ].join('\n');
    })
    .join('');
}

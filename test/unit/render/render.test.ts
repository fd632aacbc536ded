import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { drawFlows } from '../../../src/render/drawing.js';
import { toMermaid } from '../../../src/render/mermaid.js';
import { toSvg } from '../../../src/render/svg.js';
import { flowFiles } from '../flow/talk.js';

const BOT = `title: "A <bot> & 'more'"
handlers: { error: [{ say: Sorry }] }
steps:
  - id: menu
    question: { type: yesNo, text: 'Is "x" < 1 && #2|3?', into: context.sure, timeout: 1m, onTimeout: [{ stop: true }] }
  - if: context.sure
    then: [{ executeFlow: other }, { goTo: menu }]
    else: [{ say: { text: Bye, buttons: [{ id: again, title: Again, goTo: menu }] } }]
`;
const OTHER = 'steps: [{ say: Hello }]';

function drawing(names: readonly string[] = ['bot']) {
  const { version } = loadFlows(flowFiles({ bot: BOT, other: OTHER }));
  if (version === undefined) throw new Error('the flows have errors');
  return drawFlows([...version.byName.values()], new Set(names));
}

describe('a drawing', () => {
  it('has a box for every step and every place where a turn begins', () => {
    const { groups } = drawing();
    expect(groups.map(({ name, boxes }) => [name, boxes.map(({ title }) => title)])).toEqual([
      ['bot', ['start', 'on error', 'question · menu', 'stop', 'if', 'executeFlow', 'goTo', 'say', 'say']],
      ['', ['flow other']],
    ]);
  });

  it('says which boxes wait', () => {
    const waiting = drawing().groups.flatMap(({ boxes }) => boxes.filter(({ waits }) => waits).map(({ id }) => id));
    expect(waiting).toEqual(['bot/menu']);
  });

  it('leads where the flow leads: branches, jumps, taps, flows and back', () => {
    const { arrows } = drawing();
    expect(arrows).toEqual(
      expect.arrayContaining([
        { from: 'bot//start', to: 'bot/menu', label: '', kind: 'next' },
        { from: 'bot/menu', to: 'bot/steps[0].question.onTimeout[0]', label: 'onTimeout', kind: 'next' },
        { from: 'bot/menu', to: 'bot/steps[1]', label: '', kind: 'next' },
        { from: 'bot/steps[1]', to: 'bot/steps[1].then[0]', label: 'then', kind: 'next' },
        { from: 'bot/steps[1].then[0]', to: 'other/', label: '', kind: 'visit' },
        { from: 'bot/steps[1].then[1]', to: 'bot/menu', label: '', kind: 'jump' },
        { from: 'bot/steps[1].else[0]', to: 'bot/menu', label: 'again', kind: 'tap' },
      ]),
    );
    expect(arrows.filter(({ from }) => from === 'bot/steps[1]')).toHaveLength(2);
  });

  it('of several flows leads into the flows themselves', () => {
    const { groups, arrows } = drawing(['bot', 'other']);
    expect(groups.map(({ name }) => name)).toEqual(['bot', 'other']);
    expect(arrows).toContainEqual({ from: 'bot/steps[1].then[0]', to: 'other/steps[0]', label: '', kind: 'visit' });
  });
});

describe('Mermaid', () => {
  it('gets nothing it would take for its own', () => {
    const chart = toMermaid(drawing());
    expect(chart).toContain('subgraph g0["A #60;bot#62; #38; \'more\'"]');
    expect(chart).toContain('Is #34;x#34; #60; 1 #38;#38; #35;2#124;3?');
    expect(chart.startsWith('flowchart TD\n')).toBe(true);
  });

  it('names every box it draws an arrow between', () => {
    const chart = toMermaid(drawing());
    const boxes = new Set([...chart.matchAll(/^ +(n\d+)[[({]/gm)].map(([, id]) => id));
    const ends = [...chart.matchAll(/^ {2}(n\d+) .* (n\d+)$/gm)].flatMap(([, from, to]) => [from, to]);
    expect(ends.length).toBeGreaterThan(10);
    expect(ends.every((id) => boxes.has(id))).toBe(true);
  });
});

describe('SVG', () => {
  it('escapes what flows say, and is the same each time', () => {
    const svg = toSvg(drawing());
    expect(svg).toContain('Is &#34;x&#34; &#60; 1 &#38;&#38; #2|3?');
    expect(svg).not.toMatch(/&(?!#\d+;)/);
    expect(toSvg(drawing())).toBe(svg);
  });

  it('closes what it opens, and every box lies inside', () => {
    const svg = toSvg(drawing(['bot', 'other']));
    const open: string[] = [];
    for (const [, close, tag = '', inside = ''] of svg.matchAll(/<(\/?)([a-z]+)((?:"[^"]*"|[^">])*)>/g)) {
      if (close === '/') expect(open.pop()).toBe(tag);
      else if (!inside.endsWith('/')) open.push(tag);
    }
    expect(open).toEqual([]);
    const [, width = 0, height = 0] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []).map(Number);
    for (const [, x, y, w, h] of svg.matchAll(
      /<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"/g,
    )) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(x) + Number(w)).toBeLessThanOrEqual(width);
      expect(Number(y) + Number(h)).toBeLessThanOrEqual(height);
    }
  });

  it('lays out a long flow', () => {
    const steps = Array.from({ length: 300 }, (_, index) => `  - { id: s${index}, say: Step ${index} }`).join('\n');
    const { version } = loadFlows(flowFiles({ long: `steps:\n${steps}` }));
    const svg = toSvg(drawFlows([...(version?.byName.values() ?? [])], new Set(['long'])));
    expect(svg.match(/say · s\d+/g)).toHaveLength(300);
  });
});

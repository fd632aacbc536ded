import type { Arrow, Box, Drawing, Look } from './drawing.js';

const SHAPES: { readonly [look in Look]: readonly [string, string] } = {
  start: ['([', '])'],
  says: ['[', ']'],
  asks: ['[/', '/]'],
  decides: ['{{', '}}'],
  jumps: ['[', ']'],
  calls: ['[[', ']]'],
  changes: ['[', ']'],
  ends: ['([', '])'],
  elsewhere: ['[(', ')]'],
};

const LINES: { readonly [kind in Arrow['kind']]: string } = { next: '-->', jump: '==>', tap: '-.->', visit: '<-->' };

/** A drawing as a Mermaid flowchart. @see https://mermaid.js.org/syntax/flowchart.html */
export function toMermaid({ groups, arrows }: Drawing): string {
  const ids = new Map(groups.flatMap(({ boxes }) => boxes).map(({ id }, index) => [id, `n${index}`]));
  const name = (id: string): string => ids.get(id) ?? 'n';
  const box = ({ id, look, title, detail, waits }: Box): string => {
    const [open, close] = SHAPES[look];
    const text = `${waits ? '⏳ ' : ''}<b>${escaped(title)}</b>${detail === '' ? '' : `<br/>${escaped(detail)}`}`;
    return `${name(id)}${open}"${text}"${close}`;
  };
  const lines = ['flowchart TD'];
  for (const [index, { name: group, title, boxes }] of groups.entries()) {
    if (group === '') lines.push(...boxes.map((one) => `  ${box(one)}`));
    else lines.push(`  subgraph g${index}["${escaped(title)}"]`, ...boxes.map((one) => `    ${box(one)}`), '  end');
  }
  for (const { from, to, label, kind } of arrows) {
    lines.push(`  ${name(from)} ${LINES[kind]}${label === '' ? '' : `|"${escaped(label)}"|`} ${name(to)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What Mermaid, Markdown or HTML would take for their own, as Mermaid's entities. */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,:?!'/→⇄…·-]/gu, (sign) => `#${sign.codePointAt(0)};`);
}

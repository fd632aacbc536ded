import { Graph, layout } from '@dagrejs/dagre';
import type { Arrow, Box, Drawing, Look } from './drawing.js';

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const TITLE_PX = 12;
const DETAIL_PX = 11;
const PADDING_PX = 10;

/** Fill and border. */
const COLORS: { readonly [look in Look]: readonly [string, string] } = {
  start: ['#e7f6ec', '#2f855a'],
  says: ['#ffffff', '#94a3b8'],
  asks: ['#e8f1fd', '#2563eb'],
  decides: ['#fff6e0', '#b7791f'],
  jumps: ['#f3ecfd', '#7c3aed'],
  calls: ['#e6f7f8', '#0e7490'],
  changes: ['#f5f5f4', '#a8a29e'],
  ends: ['#fdeceb', '#b91c1c'],
  elsewhere: ['#f8fafc', '#64748b'],
};
const ROUND: ReadonlySet<Look> = new Set(['start', 'ends', 'elsewhere']);
const DASHES: { readonly [kind in Arrow['kind']]: string } = { next: '', jump: '', tap: '4 3', visit: '1 3' };
const LINE: { readonly [kind in Arrow['kind']]: string } = {
  next: '#64748b',
  jump: '#7c3aed',
  tap: '#2563eb',
  visit: '#7c3aed',
};

interface Point {
  x: number;
  y: number;
}

/** A drawing as an SVG document that needs nothing from elsewhere: no script, no font, no style sheet. */
export function toSvg({ groups, arrows }: Drawing): string {
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 42, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  groups.forEach(({ name, boxes }, index) => {
    if (name !== '') graph.setNode(`g${index}`, {});
    for (const box of boxes) {
      graph.setNode(box.id, sizeOf(box));
      if (name !== '') graph.setParent(box.id, `g${index}`);
    }
  });
  arrows.forEach(({ from, to, label }, index) => {
    const width = label === '' ? 0 : widthOf(label, DETAIL_PX) + 8;
    graph.setEdge(from, to, { width, height: label === '' ? 0 : 16, labelpos: 'c' }, `a${index}`);
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const frames = groups.flatMap(({ name, title }, index) => {
    return name === '' ? [] : frame(title, graph.node(`g${index}`), groups.length > 1);
  });
  const lines = arrows.map((arrow, index) => line(arrow, graph.edge(arrow.from, arrow.to, `a${index}`)));
  const boxes = groups.flatMap((group) => group.boxes.map((box) => boxAt(box, graph.node(box.id))));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" font-family="${escaped(FONT)}">`,
    `<defs>${Object.entries(LINE)
      .map(([kind, color]) => marker(kind, color))
      .join('')}</defs>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...frames,
    ...lines,
    ...boxes,
    '</svg>\n',
  ].join('\n');
}

function marker(kind: string, color: string): string {
  return `<marker id="end-${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="${color}"/></marker>`;
}

function sizeOf({ title, detail, waits }: Box): { width: number; height: number } {
  const text = Math.max(widthOf(title, TITLE_PX) * 1.06 + (waits ? 18 : 0), widthOf(detail, DETAIL_PX));
  return { width: Math.max(56, text + 2 * PADDING_PX), height: detail === '' ? 30 : 46 };
}

/** Near enough without a font at hand: narrow letters, wide ones, signs of East Asian scripts and emojis. */
function widthOf(text: string, px: number): number {
  let em = 0;
  for (const sign of text) {
    if (/[iljtfr.,:;'|!()[\]{} ]/.test(sign)) em += 0.37;
    else if (/[mwMW@%]/.test(sign)) em += 0.9;
    else if ((sign.codePointAt(0) ?? 0) > 0x2e7f) em += 1.1;
    else em += /[A-Z_]/.test(sign) ? 0.72 : 0.62;
  }
  return em * px;
}

function frame(
  title: string,
  { x, y, width, height }: Point & { width: number; height: number },
  several: boolean,
): string {
  if (!several) return `<title>${escaped(title)}</title>`;
  const left = round(x - width / 2);
  const top = round(y - height / 2);
  return `<rect x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="10" fill="#f8fafc" stroke="#cbd5e1"/><text x="${left + 10}" y="${top + 18}" font-size="13" font-weight="600" fill="#475569">${escaped(title)}</text>`;
}

function boxAt(box: Box, { x, y, width, height }: Point & { width: number; height: number }): string {
  const [fill, stroke] = COLORS[box.look];
  const left = round(x - width / 2);
  const top = round(y - height / 2);
  const radius = ROUND.has(box.look) ? height / 2 : 6;
  const middle = round(x);
  const titleAt = round(box.detail === '' ? y + 4 : y - 4);
  const clock = box.waits
    ? `<g stroke="${stroke}" fill="none" stroke-width="1.2"><circle cx="${left + 14}" cy="${titleAt - 4}" r="5"/><path d="M${left + 14} ${titleAt - 7}v3l2 1.5"/></g>`
    : '';
  const title = `<text x="${middle + (box.waits ? 7 : 0)}" y="${titleAt}" text-anchor="middle" font-size="${TITLE_PX}" font-weight="600" fill="#0f172a">${escaped(box.title)}</text>`;
  const detail =
    box.detail === ''
      ? ''
      : `<text x="${middle}" y="${round(y + 13)}" text-anchor="middle" font-size="${DETAIL_PX}" fill="#475569">${escaped(box.detail)}</text>`;
  return `<g><rect x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="${radius}" fill="${fill}" stroke="${stroke}" stroke-width="${box.waits ? 1.8 : 1}"/>${clock}${title}${detail}</g>`;
}

function line(
  { label, kind }: Arrow,
  { points, x, y, width = 0 }: { points: Point[]; x?: number; y?: number; width?: number },
): string {
  const dashes = DASHES[kind] === '' ? '' : ` stroke-dasharray="${DASHES[kind]}"`;
  const start = kind === 'visit' ? ` marker-start="url(#end-${kind})"` : '';
  const path = `<path d="${curve(points)}" fill="none" stroke="${LINE[kind]}" stroke-width="1.3"${dashes}${start} marker-end="url(#end-${kind})"/>`;
  if (label === '' || x === undefined || y === undefined) return path;
  return `${path}<rect x="${round(x - width / 2)}" y="${round(y - 8)}" width="${round(width)}" height="16" rx="4" fill="#ffffff" fill-opacity="0.9"/><text x="${round(x)}" y="${round(y + 4)}" text-anchor="middle" font-size="${DETAIL_PX}" fill="#334155">${escaped(label)}</text>`;
}

/** Through the middles between the points, so that corners are round. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1];
    if (next === undefined) return;
    path += `Q${round(point.x)} ${round(point.y)} ${round((point.x + next.x) / 2)} ${round((point.y + next.y) / 2)}`;
  });
  return `${path}L${round(last.x)} ${round(last.y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Text inside XML; what XML cannot hold at all is left out. */
function escaped(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '').replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);
}

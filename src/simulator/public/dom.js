/**
 * An element. Text is always set as text: nothing on this page is ever parsed as HTML.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [props] `class`, `on` (listeners by event), attributes; false and undefined are left out
 * @param {...(Node | string | undefined)} children
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false || value === null) continue;
    if (name === 'class') node.className = value;
    else if (name === 'on')
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A line drawing on a 24 by 24 grid. */
export function icon(path, { size = 20 } = {}) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('width', String(size));
  svg.setAttribute('height', String(size));
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', path);
  line.setAttribute('class', 'drawn');
  svg.append(line);
  return svg;
}

export function byId(id) {
  return document.getElementById(id);
}

/** A round avatar: initials on a colour that always belongs to the same id. */
export function paintAvatar(node, id, name) {
  const words = name.match(/\p{L}[\p{L}\p{M}'’-]*/gu) ?? ['?'];
  const initials = words.length === 1 ? words[0].slice(0, 1) : words[0].slice(0, 1) + words.at(-1).slice(0, 1);
  // Steps of the golden angle, so that ids which differ by one do not look alike.
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.codePointAt(0)) % 997;
  node.textContent = initials.toUpperCase();
  node.style.setProperty('--hue', String(Math.round(hash * 137.508) % 360));
  return node;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export function timeOf(ms) {
  return clock.format(ms);
}

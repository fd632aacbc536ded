import { countCharacters } from '../../shared/whatsapp-limits.js';
import type { View } from '../behaviour.js';
import { cutTo } from '../cut.js';
import type { Template } from '../expressions/template.js';
import { FlowError } from '../flow-error.js';
import type { Text } from '../reading/fields.js';
import { Plain } from '../reading/source.js';

/** What the kinds of messages share when they are read and put together. */

export function isScalar(raw: unknown): boolean {
  return typeof raw === 'string' || raw instanceof Plain;
}

export function isTrue(raw: unknown): boolean {
  return raw instanceof Plain && raw.value === true;
}

/** A text, trimmed, cut to what WhatsApp takes; the trace says so. '' when there is none. */
export function said(view: View, what: string, text: Text | undefined, most: number): string {
  return text === undefined ? '' : cut(view, what, view.text(text).trim(), most);
}

/** A shortened answer is better than none: what is too long only with its values is cut. */
export function cut(view: View, what: string, written: string, most: number): string {
  const short = cutTo(written, most);
  if (short !== written) view.warn(`the ${what} was cut from ${countCharacters(written)} to ${most} characters`);
  return short;
}

/** A value Meta needs, such as an id. @throws FlowError when it is empty */
export function needed(view: View, what: string, template: Template): string {
  const written = view.render(template).trim();
  if (written === '') throw new FlowError(`${what} is empty`);
  return written;
}

/** As `needed`, undefined for what is not in the file or empty. */
export function wanted(view: View, template: Template | undefined): string | undefined {
  const written = template === undefined ? '' : view.render(template).trim();
  return written === '' ? undefined : written;
}

/** @throws FlowError for anything but a number */
export function numberIn(view: View, what: string, template: Template): number {
  const written = needed(view, what, template);
  const number = Number(written);
  if (Number.isFinite(number)) return number;
  throw new FlowError(`${what} is not a number`);
}

/** Values behind the host are percent-encoded. @throws FlowError for what is no address on the web */
export function webLink(view: View, what: string, template: Template): string {
  const written = view.url(template).trim();
  if (isWebLink(written)) return written;
  throw new FlowError(`${what} does not begin with https://`);
}

export function isWebLink(written: string): boolean {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:';
}

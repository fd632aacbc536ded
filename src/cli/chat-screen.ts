import type { LoggedCall } from '../rehearsal/call-log.js';
import type { ChatScreen } from '../rehearsal/chat.js';
import { choicesOf, describeMessage } from '../rehearsal/describe.js';
import { inline } from '../rehearsal/words.js';
import { isJsonObject, type Json } from '../shared/json.js';
import type { MessageContent } from '../shared/message.js';
import { type Paints, printable } from './paint.js';
import { traceText } from './test-report.js';

/** A chat in the terminal. */
export function createChatScreen(write: (text: string) => void, paint: Paints): ChatScreen {
  return {
    said: ({ content }) => write(`${messageLines(content, paint).join('\n')}\n`),
    trace: ({ trace }) => write(trace.map((entry) => `${paint.faint(traceText(entry))}\n`).join('')),
    note: (text) => write(`${paint.faint(text)}\n`),
  };
}

/** A message as a phone shows it, near enough: what can be tapped is numbered. */
export function messageLines(content: MessageContent, paint: Paints): string[] {
  const { text, header, footer, ...described } = describeMessage(content);
  const choices = choicesOf(content);
  const isPlain = content.type === 'text' || content.type === 'buttons' || content.type === 'list';
  const lines = [
    ...(header === undefined ? [] : [paint.bold(printable(headerText(header)))]),
    ...(typeof text === 'string' ? text.split('\n').map(printable) : []),
    ...(isPlain ? [] : [`[${content.type}] ${printable(inline(described[content.type] ?? described))}`]),
    ...(typeof footer === 'string' ? [paint.faint(printable(footer))] : []),
  ].map((line, index) => `${index === 0 ? paint.good('bot') : '   '}  ${line}`);
  const taps = choices.map(({ id, title, description }, index) => {
    const more = description === undefined ? '' : ` ${paint.faint(printable(description))}`;
    return `     ${String(index + 1).padStart(2)}  ${printable(title)}${more}  ${paint.faint(`[${printable(id)}]`)}`;
  });
  return [...lines, ...taps];
}

function headerText(header: Json): string {
  if (isJsonObject(header) && typeof header.text === 'string') return header.text;
  return inline(header);
}

/** A call that left the house, on one line. */
export function callText({ kind, request, result }: LoggedCall, tookMs: number): string {
  const what = [request.method, request.url ?? request.model].filter((part) => typeof part === 'string').join(' ');
  const { ok, status, reason, detail } = isJsonObject(result) ? result : {};
  const ended =
    typeof status === 'number' && status > 0 ? String(status) : ok === true ? 'ok' : String(reason ?? 'failed');
  const why = ok === true || typeof detail !== 'string' ? '' : ` (${detail})`;
  return printable(`${kind} ${what === '' ? '' : `${what} `}→ ${ended}${why} in ${Math.round(tookMs)} ms`);
}

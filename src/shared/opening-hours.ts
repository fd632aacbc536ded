/** When somebody is there on a day of the week, in minutes; `to` at most 1440. */
interface OpenSpan {
  /** 0 is Sunday */
  day: number;
  from: number;
  to: number;
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LINE = /^(\w{3})(?:\s*-\s*(\w{3}))?\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/;

/**
 * Reads lines such as `mon-fri 09:00-17:00` and `sat 10:00-14:30`; a day may have several.
 *
 * @returns undefined when one of them cannot be read, or ends before it begins
 */
export function readOpeningHours(lines: readonly string[]): OpenSpan[] | undefined {
  const spans: OpenSpan[] = [];
  for (const line of lines) {
    const [, first = '', last = first, ...times] = LINE.exec(line.trim().toLowerCase()) ?? [];
    const [fromHour = 99, fromMinute = 0, toHour = 0, toMinute = 0] = times.map(Number);
    const [begin, end] = [DAYS.indexOf(first), DAYS.indexOf(last)];
    const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
    if (begin === -1 || end === -1 || from >= to || to > 1440 || fromMinute > 59 || toMinute > 59) return undefined;
    for (let day = begin; ; day = (day + 1) % 7) {
      spans.push({ day, from, to });
      if (day === end) break;
    }
  }
  return spans;
}

/**
 * Whether somebody is there at a time.
 *
 * @param hours lines as above; none: always
 * @param timeZone IANA name, where the hours are meant
 */
export function isOpen(hours: readonly string[], atMs: number, timeZone: string): boolean {
  if (hours.length === 0) return true;
  const { day, minute } = clockIn(timeZone, atMs);
  return (readOpeningHours(hours) ?? []).some((span) => span.day === day && span.from <= minute && minute < span.to);
}

function clockIn(timeZone: string, atMs: number): { day: number; minute: number } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf((parts.get('weekday') ?? '').toLowerCase()),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}

import { isJsonObject, type Json, type JsonObject } from '../../shared/json.js';
import { dateFormat } from '../expressions/helpers.js';
import { matchPattern } from '../expressions/safe-regex.js';
import { type Choice, readChoice, readEmail, readNumber, readYesNo } from './answers.js';
import { readTime } from './clock-time.js';
import { countryOf } from './country.js';
import { readDay } from './day.js';
import { readMoney } from './money.js';
import { readPercentage } from './percentage.js';
import { readPhone } from './phone-number.js';
import type { Reading } from './reading.js';
import { readTimeSpan } from './time-span.js';
import { readUrl } from './web-address.js';

/** A message as a question hears it. */
export interface Heard {
  /** trimmed; a tap's is its id */
  text: string;
  input: JsonObject;
  /** BCP 47: the contact's, else the endpoint's */
  language: string;
  /** BCP 47 with the country, where one is known: decides the order of day and month, a currency, a phone's country */
  locale: string;
  nowMs: number;
  /** IANA name */
  timeZone: string;
}

/** What some types need besides the message. */
export interface QuestionOptions {
  /** of `regex` */
  pattern?: string | undefined;
  /** of `choice`, with the titles as the contact saw them */
  choices?: readonly Choice[] | undefined;
  /** of `money`: what a number alone is in, ISO 4217 */
  currency?: string | undefined;
  /** of `intent`: only these are answers */
  intents?: readonly string[] | undefined;
  /** of `custom`: what the flow's own expression makes of the message */
  custom?: Json | undefined;
}

interface QuestionType {
  /** anything is an answer: only keywords and patterns may interrupt, and they are asked first */
  open: boolean;
  /** @returns undefined when the message is no answer */
  read(heard: Heard, options: QuestionOptions): Reading | undefined;
}

/** A type that knows an answer when it sees one. */
function strictType(read: (heard: Heard, options: QuestionOptions) => Json | undefined): QuestionType {
  return { open: false, read: (heard, options) => readingOf(read(heard, options)) };
}

function openType(read: (heard: Heard, options: QuestionOptions) => Json | undefined): QuestionType {
  return { open: true, read: (heard, options) => readingOf(read(heard, options)) };
}

function readingOf(value: Json | undefined): Reading | undefined {
  return value === undefined ? undefined : { value };
}

/** A type answered by a file; one that is not there is no answer. */
function fileType(...kinds: readonly string[]): QuestionType {
  return strictType(({ input }) => {
    const files = Array.isArray(input.attachments) ? input.attachments.filter(isJsonObject) : [];
    return files.find(
      ({ type, state = 'ready' }) => state === 'ready' && typeof type === 'string' && kinds.includes(type),
    );
  });
}

function dataOf({ input }: Heard): JsonObject {
  return isJsonObject(input.data) ? input.data : {};
}

/**
 * Every type of question, and what `input.result` is:
 * `text` as written, without the spaces around it · `yesNo` true or false · `number`, `integer`, `percentage` (12.5 for 12.5 %) a
 * number · `money` `{ amount, currency }` · `email`, `url`, `phone` (E.164) a text · `date` `2026-01-31`, a day without a time zone
 * · `time` `15:30` · `duration` seconds · `regex` what matched · `choice` the id · `intent` the name · `data` `input.data`
 * · `attachment`, `image`, `audio`, `document` the first such file of `input.attachments` that is there · `location` `{ latitude, longitude, … }`
 * · `contact` the first card · `custom` what `result` makes of the message.
 */
export const QUESTION_TYPES = {
  text: openType(({ text }) => (text === '' ? undefined : text)),
  yesNo: strictType(({ text, language }) => readYesNo(text, language)),
  number: strictType(({ text, language }) => readNumber(text, language)),
  integer: strictType(({ text, language }) => {
    const number = readNumber(text, language);
    return Number.isSafeInteger(number) ? number : undefined;
  }),
  money: strictType(({ text, language, locale }, { currency }) => {
    const money = readMoney(text, language, countryOf(locale), currency);
    return money === undefined ? undefined : { ...money };
  }),
  percentage: strictType(({ text, language }) => readPercentage(text, language)),
  email: strictType(({ text }) => readEmail(text)),
  phone: strictType(({ text, locale }) => readPhone(text, countryOf(locale))),
  url: strictType(({ text }) => readUrl(text)),
  date: {
    open: false,
    read: ({ text, language, locale, nowMs, timeZone }) =>
      readDay(text, { language, locale, today: dayOf(nowMs, timeZone) }),
  },
  time: { open: false, read: ({ text }) => readTime(text) },
  duration: strictType(({ text, language }) => readTimeSpan(text, language)),
  regex: strictType(({ text }, { pattern = '' }) => matchPattern(pattern, text)),
  choice: strictType(({ text }, { choices = [] }) => readChoice(text, choices)),
  intent: strictType(({ input }, { intents }) => {
    const { intent } = input;
    return typeof intent === 'string' && (intents?.includes(intent) ?? true) ? intent : undefined;
  }),
  data: openType((heard) => (Object.keys(dataOf(heard)).length === 0 ? undefined : dataOf(heard))),
  attachment: fileType('image', 'video', 'audio', 'document', 'sticker'),
  image: fileType('image'),
  audio: fileType('audio'),
  document: fileType('document'),
  location: strictType((heard) => dataOf(heard).location),
  contact: strictType((heard) => {
    const { contacts } = dataOf(heard);
    return Array.isArray(contacts) ? contacts[0] : undefined;
  }),
  custom: openType((_heard, { custom }) =>
    custom === undefined || custom === null || custom === false || custom === '' ? undefined : custom,
  ),
} as const satisfies { readonly [type: string]: QuestionType };

export type QuestionTypeName = keyof typeof QUESTION_TYPES;

export const QUESTION_TYPE_NAMES = Object.keys(QUESTION_TYPES) as QuestionTypeName[];

/** @returns `2026-01-31` */
function dayOf(nowMs: number, timeZone: string): string {
  const parts = dateFormat('en-GB', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(
    nowMs,
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

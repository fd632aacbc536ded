import type { Json, JsonObject } from '../../shared/json.js';

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

export interface Reading {
  /** becomes `input.result` */
  value: Json;
  /** it could have meant something else: the question asks whether it was understood */
  unsure?: boolean;
}

/** What a type of question makes of a message. */
export interface QuestionType {
  /** anything is an answer: only keywords and patterns may interrupt, and they are asked first */
  open: boolean;
  /** @returns undefined when the message is no answer */
  read(heard: Heard): Reading | undefined;
}

/** The reading of a value, or none when there is none. */
export function readingOf(value: Json | undefined): Reading | undefined {
  return value === undefined ? undefined : { value };
}

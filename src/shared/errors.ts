/**
 * The root of our own errors. `code` is a fixed word for logs and metrics; `message` is for a person and never holds a
 * secret, a phone number or what a contact wrote.
 */
export abstract class BotError extends Error {
  abstract readonly code: string;
}

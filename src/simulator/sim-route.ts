import type { Request } from 'express';
import type { z } from 'zod';
import { SimulatorError } from './errors.js';

/** One call of the simulator's own API. */
export interface SimRoute {
  method: 'get' | 'post' | 'put' | 'delete';
  path: string;
  /** what it returns is the JSON answer; undefined is a 204 */
  handle(req: Request): unknown;
}

export function param(req: Request, name: string): string {
  return String(req.params[name]);
}

/** @throws SimulatorError that names the first field that is wrong, never its value */
export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SimulatorError('bad_request', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`);
}

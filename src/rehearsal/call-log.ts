import type { CallHandler } from '../calls/perform-call.js';
import type { Json, JsonObject } from '../shared/json.js';

/** A call that left the house, with the answer it got. */
export interface LoggedCall {
  kind: string;
  request: JsonObject;
  result: Json;
}

/** What a conversation called, also from inside sandboxed code. */
export class CallLog {
  private readonly logged: LoggedCall[] = [];

  /**
   * @param clock ms from any start
   * @param onCall told after each call
   */
  constructor(
    private readonly clock: () => number,
    private readonly onCall: (call: LoggedCall, tookMs: number) => void,
  ) {}

  /** Calls since the last time somebody asked. */
  take(): LoggedCall[] {
    return this.logged.splice(0);
  }

  watched(kind: string, handler: CallHandler): CallHandler {
    return async (request, around) => {
      const startedMs = this.clock();
      const result = await handler(request, around);
      const call = { kind, request, result };
      this.logged.push(call);
      this.onCall(call, this.clock() - startedMs);
      return result;
    };
  }
}

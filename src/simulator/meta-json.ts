/**
 * JSON as Meta spells it: slashes escaped (`\/`) and every character beyond ASCII as `\uXXXX` in lower-case hex. A server
 * that parses the body and signs what it serialises again gets other bytes, so it passes its tests in plain English
 * and fails on the first accent. That is why the simulator sends nothing else.
 *
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
export function toMetaJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A request as far as a redirect changes it. */
export interface Redirectable {
  url: URL;
  method: string;
  headers: Readonly<Record<string, string>>;
  /** names of headers that only the host the flow named may see, in lower case */
  withheld: readonly string[];
}

/** Headers that describe a body. */
const OF_A_BODY = ['content-type', 'content-length', 'content-encoding'];

/**
 * The request a redirect asks for, as browsers do it: 303, and 301 or 302 behind a POST, ask with GET and without the
 * body; 307 and 308 repeat the request. Behind another origin secrets are left out, and stay out.
 *
 * @param location the header, maybe relative
 * @returns undefined when it leads to nothing that can be called
 */
export function nextHop(
  { url, method, headers, withheld }: Redirectable,
  status: number,
  location: string,
): (Redirectable & { keepsBody: boolean }) | undefined {
  if (!URL.canParse(location, url.href)) return undefined;
  const next = new URL(location, url);
  if (!isCallable(next)) return undefined;
  const becomesGet = (status === 303 && method !== 'HEAD') || ((status === 301 || status === 302) && method === 'POST');
  const dropped = new Set([...(becomesGet ? OF_A_BODY : []), ...(next.origin === url.origin ? [] : withheld)]);
  const kept = Object.entries(headers).filter(([name]) => !dropped.has(name));
  return {
    url: next,
    method: becomesGet ? 'GET' : method,
    headers: Object.fromEntries(kept),
    withheld,
    keepsBody: !becomesGet,
  };
}

/** Whether a URL can be called at all: over HTTP, and with nothing secret in it. */
export function isCallable({ protocol, username, password }: URL): boolean {
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

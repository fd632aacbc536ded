import type { Endpoint } from './endpoint.js';

/**
 * What a webhook has to know of the URL it came in by. Meta calls one URL per app, so the URL of any endpoint serves all
 * numbers of that endpoint's app.
 */
interface Route {
  readonly appId: string;
  /** false when no endpoint of the app is enabled; otherwise each number's own `enabled` decides */
  readonly enabled: boolean;
  /** a body signed with any of these is Meta's */
  readonly appSecrets: readonly string[];
  /** any of these completes the handshake */
  readonly verifyTokens: readonly string[];
  /** the app's endpoints, also disabled ones */
  readonly byPhoneNumberId: ReadonlyMap<string, Endpoint>;
}

/** All endpoints, looked up without searching; everything is prepared beforehand, so a lookup allocates nothing. */
export interface Endpoints {
  readonly all: readonly Endpoint[];
  routeFor(urlToken: string): Route | undefined;
  byPhoneNumberId(phoneNumberId: string): Endpoint | undefined;
  byId(id: string): Endpoint | undefined;
}

/** @throws Error naming the endpoints when two of them claim the same id, number or URL token */
export function createEndpoints(all: readonly Endpoint[]): Endpoints {
  const [conflict] = endpointConflicts(all);
  if (conflict !== undefined) {
    throw new Error(`endpoints ${conflict.first.id} and ${conflict.second.id} have the same ${conflict.field}`);
  }
  const byId = new Map(all.map((endpoint) => [endpoint.id, endpoint]));
  const byPhoneNumberId = new Map(all.map((endpoint) => [endpoint.phoneNumberId, endpoint]));
  const appIds = new Set(all.map((endpoint) => endpoint.appId));
  const routeOfApp = new Map([...appIds].map((appId) => [appId, toRoute(appId, all)]));
  const routes = new Map(all.map((endpoint) => [endpoint.urlToken, routeOfApp.get(endpoint.appId)]));
  return {
    all,
    routeFor: (urlToken) => routes.get(urlToken),
    byPhoneNumberId: (phoneNumberId) => byPhoneNumberId.get(phoneNumberId),
    byId: (id) => byId.get(id),
  };
}

/** Endpoints that are replaced while others hold on to this very object. */
export interface LiveEndpoints extends Endpoints {
  /** all at once: a lookup sees those before or those after. @throws as `createEndpoints` does, and nothing has changed */
  replace(all: readonly Endpoint[]): void;
}

export function createLiveEndpoints(all: readonly Endpoint[]): LiveEndpoints {
  let current = createEndpoints(all);
  return {
    get all() {
      return current.all;
    },
    routeFor: (urlToken) => current.routeFor(urlToken),
    byPhoneNumberId: (phoneNumberId) => current.byPhoneNumberId(phoneNumberId),
    byId: (id) => current.byId(id),
    replace(next) {
      current = createEndpoints(next);
    },
  };
}

function toRoute(appId: string, all: readonly Endpoint[]): Route {
  const endpoints = all.filter((endpoint) => endpoint.appId === appId);
  return {
    appId,
    enabled: endpoints.some((endpoint) => endpoint.enabled),
    appSecrets: [...new Set(endpoints.flatMap((endpoint) => endpoint.appSecrets))],
    verifyTokens: [...new Set(endpoints.map((endpoint) => endpoint.verifyToken))],
    byPhoneNumberId: new Map(endpoints.map((endpoint) => [endpoint.phoneNumberId, endpoint])),
  };
}

export interface EndpointConflict {
  field: 'id' | 'phoneNumberId' | 'urlToken';
  first: Endpoint;
  second: Endpoint;
}

/** Endpoints that claim what another one has: each with the first that had it. */
export function endpointConflicts(all: readonly Endpoint[]): EndpointConflict[] {
  const fields = ['id', 'phoneNumberId', 'urlToken'] as const;
  return fields.flatMap((field) => {
    const owners = new Map<string, Endpoint>();
    return all.flatMap((second) => {
      const first = owners.get(second[field]);
      if (first === undefined) owners.set(second[field], second);
      return first === undefined ? [] : [{ field, first, second }];
    });
  });
}

/** The Graph API versions in use, each once; the simulator speaks any. */
export function graphVersionsOf(endpoints: readonly Endpoint[]): string[] {
  return [...new Set(endpoints.filter(({ simulated }) => !simulated).map(({ graphVersion }) => graphVersion))];
}

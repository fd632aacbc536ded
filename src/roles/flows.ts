import { loadFlows } from '../flow/load.js';
import { createFlowCache, type FlowCache } from '../flow-versions/cache.js';
import { countSessions } from '../flow-versions/live-sessions.js';
import { createFlowService, type FlowService } from '../flow-versions/service.js';
import { createFlowStore, type FlowStore } from '../flow-versions/store.js';
import type { Platform } from './platform.js';

/** The versions of the flows: what turns run, and what operators do to them. */
export interface Flows {
  store: FlowStore;
  /** of this process */
  cache: FlowCache;
  service: FlowService;
}

/** A switch reaches every process within this time and a moment. */
const POLL_MS = 500;
/** Counting the sessions of an operator's question. */
const COUNT_WITHIN_MS = 5_000;

export function openFlows({ redis, endpoints, clock, log }: Platform): Flows {
  const store = createFlowStore(redis);
  const load = (files: Parameters<typeof loadFlows>[0]) => loadFlows(files);
  const cache = createFlowCache({ store, load, log: log.child({ component: 'flow' }), pollMs: POLL_MS });
  const service = createFlowService({
    store,
    load,
    compiled: (hash) => cache.get(hash),
    endpoints: endpoints.all,
    countSessions: () => countSessions(redis, COUNT_WITHIN_MS),
    onChanged: () => cache.refresh(),
    clock,
  });
  return { store, cache, service };
}

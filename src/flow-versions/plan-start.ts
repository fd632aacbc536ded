import type { FlowEndpoint } from './service.js';
import type { FlowState } from './store.js';

/** The flows folder as a start finds it. */
export interface Folder {
  hash: string;
  flows: readonly string[];
}

/** Which endpoints a start points at the folder's version, and which ones nothing can be found for. */
export interface StartPlan {
  switch: string[];
  /** endpoints that have a version which they cannot run any more, and get the folder's instead */
  rescued: string[];
  missing: FlowEndpoint[];
}

/**
 * A folder that differs from the one the last start applied is new, and its version is put into use wherever it fits.
 * One that is the same was applied before: what was deployed or rolled back since then stays. An endpoint without a
 * version it can run gets the folder's in any case.
 *
 * @param canRun whether a version can be run by this program and has this flow
 */
export function planStart(
  folder: Folder | undefined,
  state: FlowState,
  endpoints: readonly FlowEndpoint[],
  canRun: (hash: string, flow: string) => boolean,
): StartPlan {
  const plan: StartPlan = { switch: [], rescued: [], missing: [] };
  const isNew = folder !== undefined && folder.hash !== state.folder;
  for (const endpoint of endpoints) {
    const fits = folder?.flows.includes(endpoint.flow) ?? false;
    const pointer = state.pointers.get(endpoint.id);
    const used = pointer === undefined ? [] : [pointer.version, pointer.canary?.version ?? pointer.version];
    const works =
      pointer !== undefined && used.every((hash) => !state.withdrawn.has(hash) && canRun(hash, endpoint.flow));
    if (works && !(isNew && fits)) continue;
    if (!fits) plan.missing.push(endpoint);
    else {
      plan.switch.push(endpoint.id);
      if (pointer !== undefined && !works) plan.rescued.push(endpoint.id);
    }
  }
  return plan;
}

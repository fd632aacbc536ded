import { dirname, join, relative } from 'node:path';
import type { ConfigFault } from '../config/fault.js';
import { readProjectFolder } from '../config/project-files.js';
import { type Env, resolveReferences } from '../config/references.js';
import { readYamlFile } from '../config/yaml-file.js';
import { EndpointFileSchema, SimulatedEndpointFileSchema } from '../endpoint/endpoint.js';
import type { Start } from '../flow/checks/starts.js';
import { didYouMean, type Finding } from '../flow/reading/finding.js';
import { readYaml } from '../flow/reading/read-source.js';

/** What the endpoint files of a project say of its flows. */
export interface EndpointFiles {
  starts: readonly Start[];
  /** some file cannot be read, or has a flow from a variable that is not set here: any flow may be the one */
  isOpen: boolean;
  /** flows the files name and nobody has written */
  findings(flows: readonly string[]): Finding[];
  /** by path, for the lines that are shown */
  texts: ReadonlyMap<string, string>;
}

/**
 * Reads `endpoints` beside folders of flows, as far as flows are concerned. What else may be wrong with the files a start of
 * the server says, which knows the secrets.
 *
 * @param folders of flows, absolute
 */
export function endpointsBeside(folders: readonly string[], cwd: string, env: Env): EndpointFiles {
  const faults: ConfigFault[] = [];
  const files = [...new Set(folders.map((folder) => dirname(folder)))].flatMap((project) =>
    readProjectFolder(project, 'endpoints', faults).map(({ name, stem, text }) => {
      const path = relative(cwd, join(project, name));
      const { file, faults: unreadable } = readYamlFile(path, text);
      const schema = file.values.simulated === true ? SimulatedEndpointFileSchema : EndpointFileSchema;
      const { values } = resolveReferences(file, schema, env);
      const isWritten = Object.keys(file.values).length > 0;
      const [flow, handlers] = [textOf(values.flow), textOf(values.handlers)];
      const isUnset =
        isWritten && (flow === undefined || (handlers === undefined && file.values.handlers !== undefined));
      const isOpen = isUnset || unreadable.length > 0;
      return { path, text, id: textOf(values.id) ?? stem, isWritten, isOpen, flow, handlers };
    }),
  );
  const used = files.filter(({ isWritten }) => isWritten);

  function findings(flows: readonly string[]): Finding[] {
    return used.flatMap(({ path, text, id, flow, handlers }) => {
      const says = [
        { key: 'flow', name: flow, message: `endpoint ${id} begins with the flow \`${flow}\`` },
        { key: 'handlers', name: handlers, message: `endpoint ${id} has its handlers in the flow \`${handlers}\`` },
      ];
      return says.flatMap(({ key, name, message }) => {
        if (name === undefined || flows.includes(name)) return [];
        const hint = didYouMean(name, flows) ?? `there are ${flows.join(', ')}`;
        const problem = {
          code: 'unknown-flow',
          path: [key],
          message: `${message}, and no file declares it`,
          hint,
        } as const;
        return readYaml(path, text).place(problem);
      });
    });
  }

  return {
    starts: used.flatMap(({ flow, handlers }) => (flow === undefined ? [] : { flow, handlers })),
    isOpen: faults.length > 0 || files.some(({ isOpen }) => isOpen),
    findings,
    texts: new Map(files.map(({ path, text }) => [path, text])),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

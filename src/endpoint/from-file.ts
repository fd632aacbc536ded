import { byLine, type ConfigFault } from '../config/fault.js';
import { check } from '../config/issues.js';
import { startsWith } from '../config/path.js';
import { missingVariables, referenceAt, secretsInFile } from '../config/reference-faults.js';
import { type Env, resolveReferences } from '../config/references.js';
import type { Settings } from '../config/schema.js';
import type { YamlFile } from '../config/yaml-file.js';
import { type Endpoint, type EndpointFields, EndpointFileSchema, SimulatedEndpointFileSchema } from './endpoint.js';
import { simulatedCredentials } from './simulated.js';

type FlowMemory = Pick<Endpoint, 'env' | 'secrets'>;

export type EndpointReading =
  /** `origins`: where each field of the file comes from */
  | { outcome: 'read'; endpoint: Endpoint; origins: { [field: string]: string } }
  /** none of the variables it names is set: nobody has configured it yet */
  | { outcome: 'not_configured'; id: string; variables: string[] }
  /** the file holds nothing but comments */
  | { outcome: 'empty' }
  | { outcome: 'wrong'; faults: ConfigFault[] };

/**
 * Reads one endpoint file.
 *
 * @param id of the endpoint when the file gives none: the file's name without its ending
 * @param flowMemory the variables of `flows.env` and `flows.secrets` with their values
 */
export function readEndpoint(
  file: YamlFile,
  id: string,
  env: Env,
  settings: Settings,
  flowMemory: FlowMemory,
): EndpointReading {
  if (Object.keys(file.values).length === 0) return { outcome: 'empty' };
  const schema = file.values.simulated === true ? SimulatedEndpointFileSchema : EndpointFileSchema;
  const resolved = resolveReferences(file, schema, env);
  const { values, references, literalSecrets } = resolved;

  const checked = check<EndpointFields>({
    schema,
    values,
    where: file.at,
    variables: (path) => referenceAt(references, path)?.names ?? [],
    // By the variable that is missing, or the secret that stands in the file.
    isSaid: (path) =>
      (referenceAt(references, path)?.missing.length ?? 0) > 0 ||
      literalSecrets.some((literal) => startsWith(literal, path)),
  });
  const variables = [...new Set(references.flatMap((reference) => reference.names))];
  const isConfigured = variables.length === 0 || variables.some((name) => (env[name] ?? '') !== '');
  const faults = [
    ...secretsInFile(file, schema, resolved),
    ...(isConfigured ? missingVariables(file, references, env) : []),
    ...('faults' in checked ? checked.faults : []),
  ];
  if (faults.length > 0) return { outcome: 'wrong', faults: byLine(faults) };
  if (!('settings' in checked)) {
    return { outcome: 'not_configured', id: typeof values.id === 'string' ? values.id : id, variables };
  }
  const origins = Object.keys(values).map((field) => {
    const names = referenceAt(references, [field])?.names ?? [];
    return [field, [file.at([field]), ...names].join(', ')];
  });
  return {
    outcome: 'read',
    endpoint: toEndpoint(checked.settings, id, file.name, settings, flowMemory),
    origins: Object.fromEntries(origins),
  };
}

function toEndpoint(
  fields: EndpointFields,
  fileId: string,
  source: string,
  { cloudApi, simulator, llm }: Settings,
  flowMemory: FlowMemory,
): Endpoint {
  const id = fields.id ?? fileId;
  const own = {
    ...fields,
    id,
    name: fields.name ?? id,
    env: { ...flowMemory.env, ...fields.env },
    secrets: { ...flowMemory.secrets, ...fields.secrets },
    // The key of one host must not reach another: with a base URL of its own an endpoint brings its own key.
    llm: fields.llm.baseUrl === undefined ? { ...modelOf(llm), ...fields.llm } : fields.llm,
    source,
  };
  if (!own.simulated) {
    return { ...own, graphVersion: own.graphVersion ?? cloudApi.graphVersion, graphApiUrl: cloudApi.baseUrl };
  }
  return {
    ...own,
    ...simulatedCredentials(simulator.key, id),
    graphVersion: cloudApi.graphVersion,
    graphApiUrl: simulator.url ?? `http://127.0.0.1:${simulator.port}`,
  };
}

function modelOf({ baseUrl, apiKey, model }: Settings['llm']): Endpoint['llm'] {
  return { baseUrl, apiKey, model };
}

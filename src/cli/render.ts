import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { loadFlows } from '../flow/load.js';
import { drawFlows } from '../render/drawing.js';
import { toMermaid } from '../render/mermaid.js';
import { toSvg } from '../render/svg.js';
import { CalledWrongly } from './called-wrongly.js';
import { DEFAULT_FLOWS, readFlowFiles } from './flow-files.js';

const FORMATS = ['mermaid', 'svg'] as const;
type RenderFormat = (typeof FORMATS)[number];

interface Options {
  flows: string;
  format?: RenderFormat;
  output?: string;
}

/** `parlance render [flow]`: a picture of one flow, or of all. */
export function addRender(program: Command, _projectDir: string): void {
  program
    .command('render')
    .description('draw a flow, or all flows, as a Mermaid chart or an SVG picture')
    .argument('[flow]', 'the name of a flow; all of them without it')
    .addOption(new Option('--format <format>', 'mermaid or svg (default: by the name of the file)').choices(FORMATS))
    .option('-o, --output <file>', 'where to write it; to the terminal without it')
    .option('--flows <folder>', 'where the flows are', DEFAULT_FLOWS)
    .action((flow: string | undefined, { flows, format, output }: Options) => {
      const chosen = format ?? (output?.endsWith('.svg') === true ? 'svg' : 'mermaid');
      const drawn = render({ flow, folder: flows, cwd: process.cwd(), format: chosen });
      if (output === undefined) process.stdout.write(drawn);
      else writeFileSync(resolve(output), drawn);
    });
}

/** @throws CalledWrongly when there is no such flow, or the flows cannot be read */
export function render(asked: { flow: string | undefined; folder: string; cwd: string; format: RenderFormat }): string {
  const { files } = readFlowFiles([asked.folder], asked.cwd);
  const { version } = loadFlows(files);
  if (version === undefined) {
    throw new CalledWrongly('The flows have errors and cannot be drawn: `parlance check` says where.');
  }
  const names = asked.flow === undefined ? version.flows : version.flows.filter((name) => name === asked.flow);
  if (names.length === 0) {
    throw new CalledWrongly(`There is no flow ${asked.flow}. There are: ${version.flows.join(', ')}.`);
  }
  const drawing = drawFlows([...version.byName.values()], new Set(names));
  return asked.format === 'svg' ? toSvg(drawing) : toMermaid(drawing);
}

import type { Command } from 'commander';

/** `parlance check [path]` */
export function addCheck(program: Command, _projectDir: string): void {
  program
    .command('check')
    .description('find what is wrong with flows')
    .action(() => {});
}

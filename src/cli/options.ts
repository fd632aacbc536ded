import { type Command, InvalidArgumentError } from 'commander';

/** What every command has that talks to a server. */
export function addServerOptions(command: Command): Command {
  return command
    .option('--server <url>', 'where it runs (default: PARLANCE_SERVER, else this machine)')
    .option('--key <key>', 'the operator key; better in PARLANCE_OPERATOR_KEY, where no list of processes shows it');
}

export function versionNumber(written: string): number {
  if (!/^[1-9]\d{0,8}$/.test(written)) throw new InvalidArgumentError('the number of a version is expected, such as 3');
  return Number(written);
}

/** For options that may be repeated. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

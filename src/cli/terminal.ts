import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';

/** What commands see of the world: handed in, so that tests can be the world. */
export interface Terminal {
  cwd: string;
  env: NodeJS.ProcessEnv;
  color: boolean;
  /** the result, for people or programs */
  write(text: string): void;
  /** what is not the result */
  note(text: string): void;
  /** undefined when nobody sits in front of it */
  ask: ((question: string) => Promise<string>) | undefined;
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  return {
    cwd: process.cwd(),
    env,
    // https://no-color.org
    color: stdout.isTTY === true && (env.NO_COLOR ?? '') === '',
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    ask:
      stdin.isTTY === true && stderr.isTTY === true
        ? async (question) => {
            const lines = createInterface({ input: stdin, output: stderr });
            try {
              return await lines.question(question);
            } finally {
              lines.close();
            }
          }
        : undefined,
  };
}

/** Who does it, as the list of versions names them: not proven, only said. `ana@laptop` when nobody says: many are `root`. */
export function whoAmI(env: NodeJS.ProcessEnv): string {
  const given = env.PARLANCE_BY ?? env.GITHUB_ACTOR ?? env.GITLAB_USER_LOGIN;
  if (given !== undefined && given !== '') return given.slice(0, 100);
  try {
    return `${userInfo().username}@${hostname()}`.slice(0, 100);
  } catch {
    // A user id without a name, as in containers.
    return '';
  }
}

import { type Command, InvalidArgumentError } from 'commander';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { readAll, talk } from './chat-input.js';
import { storyFrom } from './chat-setup.js';
import { DEFAULT_FLOWS } from './flow-files.js';
import { type ChatOptions, openChat } from './open-chat.js';
import { addServerOptions } from './options.js';
import { wantsColor } from './paint.js';
import type { ServerOptions } from './server.js';

/** `parlance chat [flow]` */
export function addChat(program: Command, _projectDir: string): void {
  const command = program
    .command('chat')
    .description('talk to a flow in the terminal; it is reloaded when a file is saved')
    .argument('[flow]', 'where the conversation begins; may be left out when there is only one to begin with')
    .option('--flows <folder>', 'the flows', DEFAULT_FLOWS)
    .option('--endpoint <id>', 'with the language, time zone, env and secrets of an endpoint of config/endpoints')
    .option('--locale <tag>', 'in place of the endpoint’s, such as de-DE')
    .option('--profile <json>', 'what is known of the contact: \'{"name":"Ana"}\'', readProfile, {})
    .option('--trace', 'show each step and what it decided')
    .option('--record <file>', 'write the conversation as a test: bot.test.yaml')
    .option('--mock <file>', 'answer http and llm calls with the mocks of a test file')
    .option('--conversation <id>', 'go on where one on a server stands, or `last`: it is gone through here first');
  addServerOptions(command).action(
    async (flow: string | undefined, options: ChatOptions & { conversation?: string } & ServerOptions) => {
      const cwd = process.cwd();
      const story =
        options.conversation === undefined ? undefined : await storyFrom(options.conversation, options, cwd);
      const write = (text: string) => void process.stdout.write(text);
      const chat = openChat({ flow, options, cwd, color: wantsColor(), write, story });
      try {
        await chat.replay();
        await (process.stdin.isTTY ? talk(chat) : readAll(chat));
      } finally {
        await chat.close();
      }
    },
  );
}

function readProfile(written: string): JsonObject {
  const value = parse(written);
  if (isJsonObject(value)) return value;
  throw new InvalidArgumentError('JSON is expected, such as {"name":"Ana","language":"de"}');
}

function parse(written: string): Json | undefined {
  try {
    const value: Json = JSON.parse(written);
    return value;
  } catch {
    return undefined;
  }
}

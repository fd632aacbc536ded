import { BotError } from '../shared/errors.js';
import type { RedisServerBinary } from './find-server.js';

/** Parlance's own Redis cannot be started. The message says what to do about it. */
export class EmbeddedRedisError extends BotError {
  override readonly name = 'EmbeddedRedisError';
  readonly code = 'embedded_redis_error';
}

/** What to paste to get a server; `setup.sh` does the same. */
const INSTALL = `  Debian, Ubuntu   sudo apt-get install -y redis-server
  Fedora, RHEL     sudo dnf install -y redis || sudo dnf install -y valkey
  Alpine           sudo apk add redis || sudo apk add valkey
  macOS            brew install redis
  all of these     npm run setup
  Docker           docker compose up`;

export function noServerError(tooOld: readonly RedisServerBinary[]): EmbeddedRedisError {
  const found = tooOld.map(({ path, version }) => `${path} is ${version}, too old. `).join('');
  return new EmbeddedRedisError(
    `Parlance keeps its messages in Redis, and there is no redis-server or valkey-server 6.2 or newer here. ${found}Paste the line of your system:\n\n${INSTALL}\n\nor set REDIS_URL to a Redis that runs elsewhere.`,
  );
}

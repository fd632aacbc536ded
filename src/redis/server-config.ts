export interface ServerConfig {
  /** absolute; the server's working folder */
  dir: string;
  socketPath: string;
  /** `always`: an answer means it is on the disk; `everysec`: the last second may be lost with the machine's power */
  fsync: 'always' | 'everysec';
}

/** The `redis.conf` of the embedded server: reachable by a private socket only, and keeping all it was told. */
export function serverConfig({ dir, socketPath, fsync }: ServerConfig): string {
  const settings: [name: string, value: string][] = [
    ['port', '0'],
    ['unixsocket', quoted(socketPath)],
    ['unixsocketperm', '700'],
    ['dir', quoted(dir)],
    ['pidfile', quoted(`${dir}/redis.pid`)],
    ['daemonize', 'no'],
    ['databases', '1'],
    ['appendonly', 'yes'],
    ['appendfsync', fsync],
    ['no-appendfsync-on-rewrite', 'no'],
    // A power cut may leave half a command at the end of the file: one nobody was told is stored.
    ['aof-load-truncated', 'yes'],
    ['save', '""'],
    ['maxmemory-policy', 'noeviction'],
    // A worker waiting for a delayed job is woken at this rate: with Redis' own 10 a message delay is up to 100 ms late.
    ['hz', '50'],
  ];
  const lines = settings.map(([name, value]) => `${name} ${value}`);
  return `# Written by Parlance at every start.\n${lines.join('\n')}\n`;
}

/** In redis.conf's double quotes, where \\ and " have to be escaped and a line end would begin the next setting. */
function quoted(path: string): string {
  const escaped = path
    .replace(/["\\]/g, '\\$&')
    .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}

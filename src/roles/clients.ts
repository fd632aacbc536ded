import { type CloudApiClient, createCloudApiClient } from '../cloud-api/client.js';
import type { MetaAccount } from '../outbound/to-meta.js';

/** One client for each Graph host: Meta's, and the simulator's. */
export function createClients(options: { timeoutMs: number; connections: number }): {
  of(account: Pick<MetaAccount, 'graphApiUrl'>): CloudApiClient;
  close(): Promise<void>;
} {
  const byHost = new Map<string, CloudApiClient>();
  return {
    of({ graphApiUrl }) {
      let client = byHost.get(graphApiUrl);
      if (client === undefined) {
        client = createCloudApiClient({
          baseUrl: graphApiUrl,
          timeoutMs: options.timeoutMs,
          connections: options.connections,
        });
        byHost.set(graphApiUrl, client);
      }
      return client;
    },
    async close() {
      await Promise.allSettled([...byHost.values()].map((client) => client.close()));
    },
  };
}

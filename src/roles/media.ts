import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createMayConnect } from '../calls/allowed-hosts.js';
import { createGuardedAgent } from '../calls/guarded-agent.js';
import type { CloudApiClient } from '../cloud-api/client.js';
import type { Config } from '../config/schema.js';
import type { ContactFiles } from '../conversation/files.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import { sweepArriving } from '../media/arriving.js';
import { createMediaDesk } from '../media/desk.js';
import { createDiskStore } from '../media/disk-store.js';
import { createFetchMedia } from '../media/fetch-media.js';
import { keepSwept, type Sweep } from '../media/keep-swept.js';
import { createScan } from '../media/scan.js';
import { createMediaLinks, type MediaLinks } from '../media/signed-url.js';
import { dayOf, type MediaStore } from '../media/store.js';
import { createStoreTrouble } from '../media/store-trouble.js';
import { readItem } from '../webhook/read-item.js';
import type { Platform } from './platform.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Meta is asked again after these pauses. */
const PAUSES_MS = [500, 2_000];

/** The files of a process. What talks to object stores is loaded only where there is one: it takes 0.3 s. */
export async function openMediaStore({ media: { store, dir, s3 } }: Config): Promise<MediaStore> {
  if (store === 'disk') return createDiskStore(dir);
  const { createS3Store } = await import('../media/s3-store.js');
  const { url = '', accessKeyId = '', secretAccessKey = '', ...others } = s3;
  return createS3Store({ url, accessKeyId, secretAccessKey, ...others });
}

/** Where files are while they come in; on the file system of a disk store, which takes them by moving. */
export function arrivingDir({ media }: Config): string {
  return join(media.dir, 'arriving');
}

export function openMediaLinks({ config, install }: Pick<Platform, 'config' | 'install'>): MediaLinks {
  const { publicUrl, port } = config.http;
  return createMediaLinks(install.salt, publicUrl ?? `http://127.0.0.1:${port}`);
}

export interface OpenContactFiles extends ContactFiles {
  stop(): Promise<void>;
}

/** The files of contacts, in a process that runs turns. */
export function openContactFiles(
  { config, endpoints, redis, install, laneOf, metrics, clock, log }: Platform,
  store: MediaStore,
  clientFor: (endpoint: Endpoint) => CloudApiClient,
  endpointOf: (phoneNumberId: string) => Endpoint | undefined,
  sweeps: readonly Sweep[],
): OpenContactFiles {
  const { media, retention } = config;
  const mediaLog = log.child({ component: 'media' });
  const links = openMediaLinks({ config, install });
  const dispatcher = createGuardedAgent({
    // Asked anew: endpoints come and go while it runs.
    mayConnect: (...where) => createMayConnect(nearbyGraphHosts(endpoints.all))(...where),
    connections: media.concurrency,
  });
  const trouble = createStoreTrouble(redis);
  const arriving = arrivingDir(config);
  mkdirSync(arriving, { recursive: true });
  // Maybe: what the process before this one noted is over with the first file that is stored.
  let isFailing = true;
  const desk = createMediaDesk({
    redis,
    fetchMedia: createFetchMedia<Endpoint>({
      clientFor,
      dispatcher,
      store,
      arrivingDir: arriving,
      scan: createScan(media.scan),
      clock,
      pausesMs: PAUSES_MS,
      onStoreFailed(err) {
        isFailing = true;
        mediaLog.error({ err }, 'a file of a contact could not be stored');
        trouble.note(err).catch(() => undefined);
      },
    }),
    urlOf: ({ key, storedMs }) => links.urlOf(key, storedMs + media.linkHours * HOUR_MS),
    observe({ endpoint, kind, outcome, bytes, tookMs }) {
      metrics.files.inc({ endpoint, kind, outcome });
      metrics.fileSeconds.observe({ endpoint }, tookMs / 1000);
      mediaLog.info({ endpoint, kind, outcome, bytes, tookMs }, 'file of a contact fetched');
      if (!isFailing || bytes === 0) return;
      isFailing = false;
      trouble.over().catch(() => undefined);
    },
    clock,
    log: mediaLog,
    limits: media,
  });
  const sweeping = keepSwept(
    [
      { what: 'files that came in by halves', sweep: () => sweepArriving(arriving, Date.now()) },
      {
        what: 'old files of contacts',
        // A day's files go when the last of them is old enough.
        sweep: () => store.deleteBefore(dayOf(clock.nowMs() - retention.mediaDays * DAY_MS)),
      },
      ...sweeps,
    ],
    mediaLog,
  );
  return {
    async look({ lane, conversationId }, phoneNumberId, items) {
      const endpoint = endpointOf(phoneNumberId);
      if (endpoint === undefined || laneOf.get(phoneNumberId) === undefined) return { attachments: new Map() };
      const messages = items.flatMap((item) => {
        const { message, startsTurn } = readItem(item, endpoint.startsTurn);
        return startsTurn ? [message] : [];
      });
      return desk.look({ lane, conversationId }, endpoint, messages);
    },
    async stop() {
      await desk.stop();
      await Promise.all([sweeping.stop(), dispatcher.destroy()]);
    },
  };
}

/** The simulator, or a proxy before Meta, hands files out itself, and may be on a private address. */
function nearbyGraphHosts(endpoints: readonly Endpoint[]): string[] {
  return endpoints.flatMap(({ graphApiUrl }) => {
    const { hostname, port, protocol } = new URL(graphApiUrl);
    if (hostname.endsWith('.facebook.com')) return [];
    return [`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`];
  });
}

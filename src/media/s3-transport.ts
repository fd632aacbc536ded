import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';

const CONNECTIONS = 32;

/** What the SDK wants to say; it is in the errors as well, and those we word ourselves. */
export const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * Carries the SDK's requests, with a limit on silence: an upload that is slow goes on, and so does a download of somebody
 * who reads slowly.
 *
 * The SDK's handler has two limits. `socketTimeout` is on a connection nothing moves on, whoever is to blame for it; it fits
 * what we send. `requestTimeout` is on the time to the headers of an answer; it fits what we ask for, which has no body.
 *
 * @param timeoutMs within 3 s; the SDK begins to watch a connection so late when this is 6 s or more
 */
export function createS3Transport(timeoutMs: number): NonNullable<S3ClientConfig['requestHandler']> {
  const keepAlive = { keepAlive: true, maxSockets: CONNECTIONS };
  const shared: NodeHttpHandlerOptions = {
    httpAgent: new HttpAgent(keepAlive),
    httpsAgent: new HttpsAgent(keepAlive),
    connectionTimeout: timeoutMs,
    logger: SILENT,
  };
  const sending = new NodeHttpHandler({ ...shared, socketTimeout: timeoutMs });
  const asking = new NodeHttpHandler({ ...shared, requestTimeout: timeoutMs, throwOnRequestTimeout: true });
  const handle: NodeHttpHandler['handle'] = async (request, options) => {
    if (request.method === 'PUT') return sending.handle(request, options);
    const { response } = await asking.handle(request, options);
    response.body = endedBySilence(response.body, timeoutMs);
    return { response };
  };
  return { metadata: asking.metadata, handle, updateHttpClientConfig() {}, httpHandlerConfigs: () => shared };
}

/** A body that fails when the store stands still in the middle of it. Whoever reads it slowly may. */
function endedBySilence(body: Readable, timeoutMs: number): Readable {
  const heard = new PassThrough();
  const timer = setTimeout(() => {
    // Full: the next move is the reader's.
    if (heard.writableNeedDrain) return;
    heard.destroy(Object.assign(new Error('the object store stood still'), { name: 'TimeoutError' }));
  }, timeoutMs);
  heard.on('drain', () => timer.refresh());
  body.on('data', () => timer.refresh());
  body.once('end', () => clearTimeout(timer));
  // Whoever gives up reading in the middle has not failed, and may not be there to hear of it.
  heard.on('error', () => undefined);
  return pipeline(body, heard, () => clearTimeout(timer));
}

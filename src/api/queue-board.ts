import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { Queue } from 'bullmq';
import type { Router } from 'express';
import { isJsonObject } from '../shared/json.js';

export interface BoardQueue {
  queue: Queue;
  /** before the queue's name in URLs: every lane has queues of the same names */
  prefix: string;
  /** as operators read it, e.g. `order-status, in` */
  title: string;
  description: string;
  /** only what lies parked may be retried: retrying a wake-up means nothing */
  canRetry: boolean;
}

/**
 * Bull Board at `basePath`. What contacts wrote is not shown: jobs are listed with their reason, their conversation and
 * their place, and without the message itself.
 */
export function createQueueBoard(queues: readonly BoardQueue[], basePath: string): Router {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(basePath);
  createBullBoard({
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Parlance', miscLinks: [{ text: 'Events', url: '/ops/events' }] } },
    queues: queues.map(({ queue, prefix, title, description, canRetry }) => {
      const adapter = new BullMQAdapter(queue, {
        prefix,
        displayName: title,
        description,
        allowRetries: canRetry,
        readOnlyMode: !canRetry,
      });
      adapter.setFormatter('data', withoutContent);
      return adapter;
    }),
  });
  return serverAdapter.getRouter();
}

function withoutContent(data: unknown): unknown {
  if (!isJsonObject(data)) return data;
  const { payload, event, ...shown } = data;
  return {
    ...shown,
    ...(payload === undefined ? {} : { payload: '(not shown)' }),
    ...(isJsonObject(event) ? { reason: event.reason, phoneNumberId: event.phoneNumberId, item: '(not shown)' } : {}),
  };
}

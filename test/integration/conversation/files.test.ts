import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContactFiles } from '../../../src/conversation/files.js';
import type { TurnTask } from '../../../src/conversation/turn-task.js';
import type { HandleWake } from '../../../src/conversation/wake.js';
import type { MessageEvent } from '../../../src/inbound/event.js';
import { createMediaDesk, type MediaDesk, type ObservedFile } from '../../../src/media/desk.js';
import type { MediaEndpoint, MediaRef } from '../../../src/media/fetch-media.js';
import type { MediaResult } from '../../../src/media/outcome.js';
import type { JsonObject } from '../../../src/shared/json.js';
import { readItem } from '../../../src/webhook/read-item.js';
import { type Core, LANE, ownerOf, quietDraft, silent, startCore, wakeRig } from '../../support/core.js';
import { PHONE, person, textFrom } from '../../support/events.js';

const WAIT_MS = 30_000;
const READY: MediaResult = {
  state: 'ready',
  file: {
    key: 'in/2026-11-21/a.png',
    mimeType: 'image/png',
    bytes: 64,
    sha256: 'f'.repeat(64),
    verified: true,
    storedMs: 0,
  },
};

interface Fetch {
  ref: MediaRef;
  id: string;
  end(result: MediaResult): void;
}

/** A desk on real Redis whose downloads end when the test says so. */
class Rig {
  readonly fetches: Fetch[] = [];
  readonly observed: ObservedFile[] = [];
  readonly turns: TurnTask[] = [];
  readonly desk: MediaDesk<MediaEndpoint>;
  readonly handleWake: HandleWake;
  private heard: (() => void)[] = [];

  constructor(
    private readonly core: Core,
    { concurrency = 4, waitMs = WAIT_MS, isDeaf = false } = {},
  ) {
    this.desk = createMediaDesk({
      redis: core.client,
      fetchMedia: (_endpoint, ref, id, signal) =>
        new Promise((resolve, reject) => {
          if (!isDeaf) signal.addEventListener('abort', () => reject(signal.reason));
          this.fetches.push({ ref, id, end: resolve });
          for (const tell of this.heard.splice(0)) tell();
        }),
      urlOf: ({ key }) => `https://bot.example/media/${key}`,
      observe: (file) => void this.observed.push(file),
      clock: core.clock,
      log: silent,
      limits: { waitMs, concurrency },
    });
    const files: ContactFiles = {
      look: (owner, _phoneNumberId, items) =>
        this.desk.look(
          owner,
          ENDPOINT,
          items.map((item) => readItem(item).message),
        ),
    };
    this.handleWake = wakeRig(
      core.store,
      core.clock,
      async (task) => {
        this.turns.push(task);
        return quietDraft(task.contact);
      },
      { files },
    ).handleWake;
  }

  /** Lets the job that owns the conversation run, whether or not its time has come. */
  async wake(conversationId: string): Promise<void> {
    await this.handleWake(await ownerOf(this.core.client, conversationId), false);
  }

  async begun(count: number): Promise<void> {
    while (this.fetches.length < count) await new Promise<void>((resolve) => this.heard.push(resolve));
  }

  /** What each turn so far saw of files: kind and state or reason. */
  seen(): string[] {
    return this.turns.map(({ item, files }) => {
      if (item.kind !== 'message') return item.kind;
      const attachments: JsonObject[] = files?.get(item.messageId) ?? [];
      return [String(item.message.type), ...attachments.map((one) => one.reason ?? one.state)].join(' ');
    });
  }
}

const ENDPOINT: MediaEndpoint = {
  id: 'welcome',
  phoneNumberId: PHONE,
  graphVersion: 'v25.0',
  graphApiUrl: 'https://graph.facebook.com',
  accessToken: 'token',
  appSecrets: [],
  media: { accept: { image: 100 }, types: ['image/*'] },
};

const image = { id: '910000000000001', mime_type: 'image/png', sha256: 'x' };

function picture(n = 1): MessageEvent {
  const event = textFrom(person(n), '');
  return { ...event, type: 'image', message: { id: event.wamid, type: 'image', image } };
}

let core: Core;
/** of `person(1)` */
let conversation: string;
let messageId: string;
beforeEach(async () => {
  core = await startCore();
});

/** Accepts a picture of `person(1)`. */
async function send(...behind: MessageEvent[]): Promise<void> {
  const { messages } = await core.accept([picture(), ...behind], 'any');
  conversation = messages[0]?.conversationId ?? '';
  messageId = messages[0]?.messageId ?? '';
}

afterEach(() => core.stop());

const isDelayed = async () => {
  const epoch = (await ownerOf(core.client, conversation)).epoch;
  return (await core.client.zscore(`${LANE.prefix}in:delayed`, `${conversation}-${epoch}`)) !== null;
};

describe('a message with a file', () => {
  it('keeps its place while the file is fetched, and the conversation is woken when it is there', async () => {
    const rig = new Rig(core);
    await send(textFrom(person(1), 'there it is'));
    await rig.wake(conversation);
    expect(rig.turns).toEqual([]);
    expect(await isDelayed()).toBe(true);
    await rig.begun(1);
    expect(rig.fetches[0]?.ref).toEqual({
      kind: 'image',
      mediaId: '910000000000001',
      mimeType: 'image/png',
      sha256: 'x',
    });
    rig.fetches[0]?.end(READY);
    await expect.poll(isDelayed).toBe(false);
    await rig.wake(conversation);
    expect(rig.seen()).toEqual(['image ready', 'text']);
    expect(rig.turns[0]?.files?.get(messageId)).toEqual([
      {
        type: 'image',
        mediaId: '910000000000001',
        mimeType: 'image/png',
        sha256: 'f'.repeat(64),
        state: 'ready',
        url: 'https://bot.example/media/in/2026-11-21/a.png',
        size: 64,
        verified: true,
      },
    ]);
    expect(rig.fetches[0]?.id).toBe(`${messageId}-0`);
  });

  it('is handled without the file when it cannot be had', async () => {
    const rig = new Rig(core);
    await send();
    await rig.wake(conversation);
    await rig.begun(1);
    rig.fetches[0]?.end({ state: 'refused', reason: 'infected' });
    await expect.poll(isDelayed).toBe(false);
    await rig.wake(conversation);
    expect(rig.seen()).toEqual(['image infected']);
    expect(rig.observed).toEqual([{ endpoint: 'welcome', kind: 'image', outcome: 'infected', bytes: 0, tookMs: 0 }]);
  });

  it('waits no longer than it may, also for a free slot', async () => {
    const rig = new Rig(core, { concurrency: 1, waitMs: 50 });
    await send();
    const { messages } = await core.accept([picture(2)], 'any');
    const other = messages[0]?.conversationId ?? '';
    await rig.wake(conversation);
    await rig.wake(other);
    await expect.poll(() => rig.observed.map(({ outcome }) => outcome)).toEqual(['timeout', 'timeout']);
    await expect.poll(isDelayed).toBe(false);
    await rig.wake(conversation);
    await rig.wake(other);
    expect(rig.seen()).toEqual(['image timeout', 'image timeout']);
  });

  it('waits no longer either when nobody hears that its time is up', async () => {
    const deaf = new Rig(core, { waitMs: 50, isDeaf: true });
    await send();
    await deaf.wake(conversation);
    await expect.poll(() => deaf.observed.map(({ outcome }) => outcome)).toEqual(['timeout']);
  });

  it('is not fetched again when its turn is run again', async () => {
    const rig = new Rig(core);
    await send();
    await rig.wake(conversation);
    await rig.begun(1);
    rig.fetches[0]?.end(READY);
    await expect.poll(isDelayed).toBe(false);
    const owner = await ownerOf(core.client, conversation);
    const again = new Rig(core);
    await again.handleWake(owner, true);
    expect(again.seen()).toEqual(['image ready']);
    expect(again.fetches).toEqual([]);
  });

  it('is fetched once more when the process that fetched it died, and then given up', async () => {
    await send();
    for (let deaths = 1; deaths <= 2; deaths++) {
      const dying = new Rig(core);
      await dying.wake(conversation);
      await dying.begun(1);
      // Before its time is up, whoever looks leaves it to the process that may still be at it.
      const other = new Rig(core);
      await other.wake(conversation);
      expect(other.fetches).toEqual([]);
      expect(await isDelayed()).toBe(true);
      core.clock.advance(WAIT_MS + 1);
    }
    const last = new Rig(core);
    await last.wake(conversation);
    expect(last.seen()).toEqual(['image interrupted']);
  });

  it('is begun again at once elsewhere when its process stops in peace', async () => {
    const stopping = new Rig(core);
    await send();
    await stopping.wake(conversation);
    await stopping.begun(1);
    await stopping.desk.stop();
    expect(await isDelayed()).toBe(false);
    const other = new Rig(core);
    await other.wake(conversation);
    await other.begun(1);
  });

  it('that is there before the conversation is held wakes it all the same', async () => {
    const first = new Rig(core);
    await send();
    await first.wake(conversation);
    await first.begun(1);
    // A second process looks, is slow to hold the conversation, and meanwhile the file comes.
    const message = readItem({ messageId, message: picture().message }).message;
    const second = new Rig(core);
    const look = await second.desk.look({ lane: LANE, conversationId: conversation }, ENDPOINT, [message]);
    first.fetches[0]?.end(READY);
    await expect.poll(isDelayed).toBe(false);
    const owner = await ownerOf(core.client, conversation);
    const seq = (await core.client.lindex(`${LANE.prefix}i:${conversation}`, 0))?.split('|')[0] ?? '';
    await core.store.hold(owner, { seq, nowMs: core.clock.nowMs(), delayMs: WAIT_MS });
    expect(await isDelayed()).toBe(true);
    if ('begin' in look) look.begin();
    await expect.poll(isDelayed).toBe(false);
  });
});

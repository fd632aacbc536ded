import { createServer } from 'node:http';
import { Client } from '@great-detail/whatsapp';
import { normalizeWebhook, verifySignature } from '@kapso/whatsapp-cloud-api/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WhatsAppAPI } from 'whatsapp-api-js';
import { Text } from 'whatsapp-api-js/messages';
import { WhatsAppAPI as WebhookServer } from 'whatsapp-api-js/middleware/node-http';
import { closeServer, listen } from '../../../src/shared/listen.js';
import { type SimulatorRig, startSimulatorRig, TOKEN } from '../../support/simulator-rig.js';

const SECRET = 'app-secret-of-a-test';
/** What escapes differ about: accents, letters beyond them, emoji with parts, slashes, and what HTML would eat. */
const WORDS = 'Olá, çãõ – 日本語 👩🏽‍🍳 a/b <i> 50% @ "x" \\ \u2028 é';

interface SignedPost {
  raw: Buffer;
  signature: string;
}

const CHECKERS: [string, (post: SignedPost, secret: string) => Promise<boolean> | boolean][] = [
  [
    '@great-detail/whatsapp',
    async ({ raw, signature }, secret) => {
      const headers = { 'x-hub-signature-256': signature };
      const post = { method: 'POST', query: {}, headers, body: raw.toString() };
      const { checkSignature } = await new Client().webhook.eventNotification(post);
      return checkSignature(secret);
    },
  ],
  [
    '@kapso/whatsapp-cloud-api',
    ({ raw, signature: signatureHeader }, appSecret) => verifySignature({ appSecret, rawBody: raw, signatureHeader }),
  ],
  [
    'whatsapp-api-js',
    ({ raw, signature }, appSecret) =>
      new WhatsAppAPI({ token: TOKEN, appSecret, v: 'v25.0' }).verifyRequestSignature(raw.toString(), signature),
  ],
];

let rig: SimulatorRig;

beforeEach(async () => {
  rig = await startSimulatorRig();
});
afterEach(() => rig.stop());

/** The POST the bot got for a text of somebody whose name has accents and an emoji too. */
async function signedPost(): Promise<SignedPost> {
  rig.simulator.send('zoe', WORDS);
  await rig.bot.item('messages', 1);
  const [post] = rig.bot.received;
  return { raw: post?.raw ?? Buffer.alloc(0), signature: post?.signature ?? '' };
}

describe.each(CHECKERS)('the signature checker of %s', (_name, accepts) => {
  it('takes the simulator’s webhooks, whatever is written in them', async () => {
    expect(await accepts(await signedPost(), SECRET)).toBe(true);
  });

  it('refuses a changed byte, a changed signature, and another secret', async () => {
    const post = await signedPost();
    const at = post.raw.indexOf('Ol');
    const raw = Buffer.from(post.raw);
    raw.write('o', at);
    const signature = post.signature.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    expect(at).toBeGreaterThan(0);
    expect(await accepts({ ...post, raw }, SECRET)).toBe(false);
    expect(await accepts({ ...post, signature }, SECRET)).toBe(false);
    expect(await accepts(post, 'another-secret')).toBe(false);
  });
});

describe('a bot made with somebody else’s library', () => {
  it('reads the simulator’s webhooks', async () => {
    const { raw } = await signedPost();
    const { messages, contacts, phoneNumberId } = normalizeWebhook(JSON.parse(raw.toString()));
    expect(phoneNumberId).toBe(rig.simulator.messages('zoe')[0]?.phoneNumberId);
    expect(contacts).toMatchObject([{ profile: { name: 'Zoë Nguyễn-Müller 🌻' }, waId: '491510000102' }]);
    expect(messages).toMatchObject([{ type: 'text', text: { body: WORDS }, kapso: { direction: 'inbound' } }]);
  });

  it('passes the handshake, hears, answers, and learns what became of its answer', async () => {
    const bot = new WebhookServer({
      token: TOKEN,
      appSecret: SECRET,
      webhookVerifyToken: 'verify-token-of-a-test',
      v: 'v25.0',
      ponyfill: { fetch: (url, init) => fetch(String(url).replace('https://graph.facebook.com', rig.url), init) },
    });
    const statuses: string[] = [];
    bot.on.message = async ({ message, reply }) => {
      await reply(new Text(`You said ${message.type === 'text' ? message.text.body : message.type}`), true);
    };
    const arrived = new Promise<void>((resolve) => {
      bot.on.status = ({ status }) => {
        statuses.push(status);
        if (status === 'delivered') resolve();
      };
    });
    const server = createServer(async (req, res) => {
      if (req.method === 'GET') res.end(bot.handle_get(req));
      else res.writeHead(await bot.handle_post(req)).end();
    });
    const port = await listen(server, 0, '127.0.0.1');
    rig.simulator.setWebhookUrl(`http://127.0.0.1:${port}/webhook`);
    expect(await rig.simulator.verifyWebhook()).toMatchObject({ outcome: 'verified' });
    const { wamid } = rig.simulator.send('zoe', WORDS);
    expect(await rig.simulator.nextBotMessage('zoe')).toMatchObject({
      repliedTo: wamid,
      message: { text: { body: `You said ${WORDS}` } },
    });
    await arrived;
    expect(statuses).toEqual(['sent', 'delivered']);
    await closeServer(server);
  });
});

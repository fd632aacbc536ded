import { GraphApiError, WhatsAppClient } from '@kapso/whatsapp-cloud-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PN, RITA, type SimulatorRig, startSimulatorRig, TOKEN, WABA } from '../../support/simulator-rig.js';

const RITA_BSUID = 'PT.40000000000000000101';
const TO = { phoneNumberId: PN, to: RITA };

let rig: SimulatorRig;
let client: WhatsAppClient;

beforeEach(async () => {
  rig = await startSimulatorRig({ timing: { templateReviewMs: 5, sentMs: 0, deliveredMs: 1, readMs: 2 } });
  client = new WhatsAppClient({ accessToken: TOKEN, baseUrl: rig.url, graphVersion: 'v25.0' });
});
afterEach(() => rig.stop());

const shown = () => rig.simulator.botMessages('rita').map(({ message }) => message);

describe('@kapso/whatsapp-cloud-api', () => {
  it('sends messages that arrive', async () => {
    const { messages } = client;
    const { contacts } = await messages.sendText({ ...TO, body: 'Olá 👋 https://x.example', previewUrl: true });
    expect(contacts).toEqual([{ input: RITA, waId: '351910000101' }]);
    await messages.sendImage({ ...TO, image: { link: 'https://shop.example/tea.jpg', caption: 'Tea' } });
    await messages.sendAudio({ ...TO, audio: { link: 'https://shop.example/hello.ogg', voice: true } });
    await messages.sendVideo({ ...TO, video: { link: 'https://shop.example/tour.mp4' } });
    await messages.sendDocument({ ...TO, document: { link: 'https://shop.example/menu.pdf', filename: 'menu.pdf' } });
    await messages.sendSticker({ ...TO, sticker: { link: 'https://shop.example/cat.webp' } });
    await messages.sendLocation({ ...TO, location: { latitude: 38.7, longitude: -9.1, name: 'Casa Verde' } });
    await messages.sendContacts({
      ...TO,
      contacts: [{ name: { formattedName: 'Rui Costa', firstName: 'Rui' }, phones: [{ phone: '+351910000999' }] }],
    });
    await messages.sendTemplate({ ...TO, template: { name: 'hello_world', language: { code: 'en_US' } } });
    expect(shown().map(({ type }) => type)).toEqual([
      ...['text', 'image', 'audio', 'video', 'document', 'sticker', 'location', 'contacts', 'template'],
    ]);
    expect(shown()[7]).toMatchObject({ contacts: [{ name: { formatted_name: 'Rui Costa' } }] });
  });

  it('sends what can be tapped, and what leads elsewhere', async () => {
    const { messages } = client;
    await messages.sendInteractiveButtons({
      ...TO,
      header: { type: 'text', text: 'Casa Verde' },
      bodyText: 'Tea or coffee?',
      footerText: 'Both are fresh',
      buttons: [
        { id: 'tea', title: 'Tea' },
        { id: 'coffee', title: 'Coffee' },
      ],
    });
    await messages.sendInteractiveList({
      ...TO,
      bodyText: 'Which tea?',
      buttonText: 'Teas',
      sections: [{ title: 'Green', rows: [{ id: 'sencha', title: 'Sencha', description: 'From Kyoto' }] }],
    });
    await messages.sendInteractiveCtaUrl({
      ...TO,
      bodyText: 'Our shop',
      parameters: { displayText: 'Open', url: 'https://shop.example/' },
    });
    await messages.sendInteractiveProduct({ ...TO, bodyText: 'This one', catalogId: '1', productRetailerId: 'tea' });
    await messages.sendInteractiveProductList({
      ...TO,
      header: { type: 'text', text: 'Teas' },
      bodyText: 'All of them',
      catalogId: '1',
      sections: [{ title: 'Green', productItems: [{ productRetailerId: 'tea' }] }],
    });
    await messages.sendInteractiveCatalogMessage({ ...TO, bodyText: 'The catalogue', parameters: {} });
    await messages.sendInteractiveFlow({
      ...TO,
      bodyText: 'Book a table',
      parameters: { flowId: '77', flowCta: 'Book', flowAction: 'navigate', flowActionPayload: { screen: 'WELCOME' } },
    });
    await messages.sendInteractiveCarousel({
      ...TO,
      bodyText: 'Two teas',
      cards: [0, 1].map((cardIndex) => ({
        cardIndex,
        header: { type: 'image', image: { link: 'https://shop.example/tea.jpg' } },
        action: { displayText: 'Buy', url: 'https://shop.example/' },
      })),
    });
    expect(shown().map(({ interactive }) => Object(interactive).type)).toEqual([
      ...['button', 'list', 'cta_url', 'product', 'product_list', 'catalog_message', 'flow', 'carousel'],
    ]);
    const [menu] = rig.simulator.botMessages('rita');
    rig.simulator.send('rita', { type: 'tap', messageId: String(menu?.wamid), id: 'coffee' });
    expect(await rig.bot.item('messages', 1)).toMatchObject({
      interactive: { button_reply: { id: 'coffee', title: 'Coffee' } },
      context: { id: menu?.wamid },
    });
  });

  it('answers, reacts, marks as read, and writes to who has no number', async () => {
    rig.simulator.send('rita', 'Good morning');
    const messageId = String((await rig.bot.item('messages', 1)).id);
    const typing = { type: 'text' } as const;
    const read = await client.messages.markRead({ phoneNumberId: PN, messageId, typingIndicator: typing });
    expect(read).toEqual({ success: true });
    await client.messages.sendReaction({ ...TO, reaction: { messageId, emoji: '👍' } });
    await client.messages.sendText({ ...TO, body: 'And to you', contextMessageId: messageId });
    const { contacts } = await client.messages.sendText({ phoneNumberId: PN, recipient: RITA_BSUID, body: 'Without' });
    expect(contacts).toEqual([{ input: RITA_BSUID, userId: RITA_BSUID }]);
    expect(rig.simulator.botMessages('rita')).toMatchObject([
      { type: 'reaction' },
      { repliedTo: messageId },
      { type: 'text' },
    ]);
    expect((await rig.bot.item('statuses', 1)).status).toBe('sent');
  });

  it('uploads, describes, fetches and deletes a file', async () => {
    const bytes = Buffer.from('a picture of tea');
    const file = new Blob([bytes], { type: 'image/png' });
    const { id: mediaId } = await client.media.upload({
      phoneNumberId: PN,
      type: 'image/png',
      file,
      fileName: 'tea.png',
    });
    expect(await client.media.get({ mediaId, phoneNumberId: PN })).toMatchObject({
      id: mediaId,
      mimeType: 'image/png',
    });
    // Without being told to it leaves the token out, and Meta gives nothing to who has none.
    const fetched = await client.media.download({ mediaId, auth: 'always', as: 'arrayBuffer' });
    expect(fetched instanceof ArrayBuffer && Buffer.from(fetched)).toEqual(bytes);
    const refused = await client.media.download({ mediaId, auth: 'never', as: 'response' });
    expect(refused instanceof Response && refused.status).toBe(404);
    expect(await client.media.delete({ mediaId })).toEqual({ success: true });
  });

  it('creates, lists and deletes templates', async () => {
    const created = await client.templates.create({
      businessAccountId: WABA,
      name: 'order_ready',
      language: 'en_US',
      category: 'UTILITY',
      parameterFormat: 'NAMED',
      components: [
        {
          type: 'BODY',
          text: 'Hello {{first_name}}, it is ready.',
          example: { body_text_named_params: [{ param_name: 'first_name', example: 'Rita' }] },
        },
        { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'On my way' }] },
      ],
    });
    expect(created).toMatchObject({ status: 'PENDING', category: 'UTILITY' });
    await rig.bot.change('message_template_status_update');
    const list = () => client.templates.list({ businessAccountId: WABA, name: 'order_ready', limit: 10 });
    expect((await list()).data).toMatchObject([{ name: 'order_ready', status: 'APPROVED', parameterFormat: 'NAMED' }]);
    await client.messages.sendTemplate({
      ...TO,
      template: {
        name: 'order_ready',
        language: { code: 'en_US' },
        components: [{ type: 'body', parameters: [{ type: 'text', parameterName: 'first_name', text: 'Rita' }] }],
      },
    });
    expect(rig.simulator.botMessages('rita')).toMatchObject([{ template: { body: 'Hello Rita, it is ready.' } }]);
    expect(await client.templates.delete({ businessAccountId: WABA, name: 'order_ready' })).toEqual({ success: true });
    expect((await list()).data).toEqual([]);
  });

  it('registers a number, reads and changes its settings and its profile', async () => {
    const { phoneNumbers } = client;
    const number = { phoneNumberId: PN };
    expect(await phoneNumbers.requestCode({ ...number, codeMethod: 'SMS', language: 'en_US' })).toEqual({
      success: true,
    });
    expect(await phoneNumbers.verifyCode({ ...number, code: '123456' })).toEqual({ success: true });
    expect(await phoneNumbers.register({ ...number, pin: '135790' })).toEqual({ success: true });
    await phoneNumbers.settings.update({ ...number, calling: { status: 'ENABLED', callIconVisibility: 'DEFAULT' } });
    expect(await phoneNumbers.settings.get(number)).toMatchObject({ calling: { status: 'ENABLED' } });
    await phoneNumbers.businessProfile.update({
      ...number,
      about: 'Chá & café ☕',
      websites: ['https://casaverde.example/'],
    });
    expect(await phoneNumbers.businessProfile.get({ ...number, fields: 'about,websites' })).toEqual({
      data: [{ about: 'Chá & café ☕', websites: ['https://casaverde.example/'], messagingProduct: 'whatsapp' }],
    });
  });

  it.each([
    ['a closed window', 131047, 'reengagementWindow', 'do_not_retry'],
    ['too many messages', 130429, 'throttling', 'retry_after'],
    ['an old token', 190, 'authorization', 'refresh_token'],
    ['trouble of Meta’s own', 131016, 'server', 'retry'],
  ])('understands %s', async (_name, code, category, action) => {
    rig.simulator.injectError({ code, via: 'call' });
    const failed = await client.messages.sendText({ ...TO, body: 'Hello' }).catch((err: unknown) => err);
    expect(failed).toBeInstanceOf(GraphApiError);
    expect(failed).toMatchObject({ code, category, retry: { action }, fbtraceId: expect.any(String) });
  });
});

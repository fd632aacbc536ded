import { Client, MessageType } from '@great-detail/whatsapp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  APP_ID,
  OTHER_PN,
  PN,
  RITA,
  type SimulatorRig,
  startSimulatorRig,
  TOKEN,
  WABA,
} from '../../support/simulator-rig.js';

const AUTHORIZED = { headers: { authorization: `Bearer ${TOKEN}` } };
const HELLO = { name: 'hello_world', language: { code: 'en_US' as const }, components: [] };

let rig: SimulatorRig;
let sdk: Client;

beforeEach(async () => {
  rig = await startSimulatorRig({ timing: { templateReviewMs: 5, sentMs: 0, deliveredMs: 1, readMs: 2 } });
  sdk = new Client({ prefixUrl: rig.url, graphVersion: 'v25.0', request: { ...AUTHORIZED, retry: 0 } });
});
afterEach(() => rig.stop());

/** What the contact's phone got, as the call spelled it. */
const shown = () => rig.simulator.botMessages('rita').map(({ message }) => message);

describe('@great-detail/whatsapp, the successor of WhatsApp’s own SDK', () => {
  it('sends messages that arrive', async () => {
    const to = { phoneNumberID: PN, to: RITA };
    const answer = await sdk.message.createMessage({ ...to, type: MessageType.Text, text: { body: 'Olá 👋' } }).json();
    expect(answer).toMatchObject({
      messaging_product: 'whatsapp',
      contacts: [{ input: RITA, wa_id: '351910000101' }],
      messages: [{ id: expect.stringMatching(/^wamid\./) }],
    });
    const buttons = {
      type: 'button',
      body: { text: 'Tea or coffee?' },
      action: { buttons: [{ type: 'reply', reply: { id: 'tea', title: 'Tea' } }] },
    };
    const list = {
      type: 'list',
      body: { text: 'Which tea?' },
      action: { button: 'Teas', sections: [{ rows: [{ id: 'green', title: 'Green' }] }] },
    };
    for (const interactive of [buttons, list])
      await sdk.message.createMessage({ ...to, type: MessageType.Interactive, interactive });
    await sdk.message.createMessage({
      ...to,
      type: MessageType.Image,
      image: { link: 'https://shop.example/tea.jpg', caption: 'Tea' },
    });
    await sdk.message.createMessage({
      ...to,
      type: MessageType.Location,
      location: { latitude: 38.7, longitude: -9.1, name: 'Casa Verde', address: 'Rua da Rosa 1' },
    });
    await sdk.message.createMessage({
      ...to,
      type: MessageType.Contacts,
      contacts: [
        {
          name: { formatted_name: 'Rui Costa', first_name: 'Rui' },
          phones: [{ phone: '+351910000999' }],
          addresses: [],
          emails: [],
          urls: [],
        },
      ],
    });
    await sdk.message.createMessage({ ...to, type: MessageType.Template, template: HELLO });
    expect(shown().map(({ type }) => type)).toEqual([
      ...['text', 'interactive', 'interactive', 'image', 'location', 'contacts', 'template'],
    ]);
    expect(shown()[2]).toMatchObject({ recipient_type: 'individual', interactive: list });
  });

  it('marks what it got as read, and shows that it types', async () => {
    rig.simulator.send('rita', 'Good morning');
    const { id } = await rig.bot.item('messages', 1);
    const typing = { type: 'text' } as const;
    const read = { phoneNumberID: PN, status: 'read', message_id: String(id), typing_indicator: typing } as const;
    expect(await sdk.message.createStatus(read).json()).toEqual({ success: true });
    expect(rig.simulator.messages('rita')[0]).toMatchObject({ status: 'read' });
  });

  it('uploads, describes, fetches and deletes a file', async () => {
    const bytes = Buffer.from('%PDF-1.4 a menu');
    const file = new Blob([bytes], { type: 'application/pdf' });
    const upload = { phoneNumberID: PN, file, filename: 'menu.pdf', mimeType: 'application/pdf' };
    const { id: mediaID } = await sdk.media.upload(upload).json();
    const { url, file_size } = await sdk.media.getURL({ mediaID, phoneNumberID: PN }).json();
    expect(Number(file_size)).toBe(bytes.length);
    const fetched = await sdk.media.download({ mediaURL: url, request: AUTHORIZED }).arrayBuffer();
    expect(Buffer.from(fetched)).toEqual(bytes);
    await sdk.message.createMessage({
      ...{ phoneNumberID: PN, to: RITA },
      type: MessageType.Document,
      document: { id: mediaID, filename: 'menu.pdf' },
    });
    expect(await rig.bot.item('statuses', 1)).toMatchObject({ status: 'sent' });
    expect(await sdk.media.delete({ mediaID }).json()).toEqual({ success: true });
    await expect(sdk.media.getURL({ mediaID })).rejects.toMatchObject({ response: { status: 400 } });
  });

  it('lists, creates, reads, changes and deletes templates', async () => {
    const created = await sdk.template
      .create(WABA, {
        name: 'order_ready',
        language: 'en_US',
        category: 'UTILITY',
        parameter_format: 'POSITIONAL',
        components: [{ type: 'BODY' as const, text: 'Hello {{1}}, it is ready.', example: { body_text: ['Rita'] } }],
      })
      .json();
    expect(created).toMatchObject({ id: expect.stringMatching(/^\d+$/), status: 'PENDING', category: 'UTILITY' });
    await rig.bot.change('message_template_status_update');
    const found = await sdk.template.list(WABA, { status: 'APPROVED', name_or_content: 'is ready', limit: 5 }).json();
    expect(found.data).toMatchObject([{ id: created.id, name: 'order_ready', language: 'en_US' }]);
    const one = await sdk.template.get(created.id, { fields: ['name', 'status', 'components'] }).json();
    expect(one).toMatchObject({ name: 'order_ready', status: 'APPROVED' });
    expect(
      await sdk.template.update(created.id, { components: [{ type: 'BODY', text: 'It is ready.' }] }).json(),
    ).toMatchObject({ success: true });
    expect(await sdk.template.delete(WABA, { name: 'order_ready', hsm_id: created.id }).json()).toEqual({
      success: true,
    });
    expect((await sdk.template.list(WABA, { name_or_content: 'order_ready' }).json()).data).toEqual([]);
  });

  it('reads and changes the profile', async () => {
    const profile = { about: 'Tea and coffee ☕', email: 'hello@casaverde.example', vertical: 'RESTAURANT' } as const;
    expect(
      await sdk.businessProfile
        .updateBusinessProfile({ phoneNumberID: PN, ...profile, websites: ['https://casaverde.example/'] })
        .json(),
    ).toEqual({ success: true });
    const read = await sdk.businessProfile
      .getBusinessProfile({ phoneNumberID: PN, fields: ['about', 'email', 'vertical', 'websites'] })
      .json();
    expect(read).toEqual({
      data: [{ ...profile, websites: ['https://casaverde.example/'], messaging_product: 'whatsapp' }],
    });
  });

  it('reads numbers, with the fields of what belongs to them', async () => {
    const listed = await sdk.phoneNumbers
      .listPhoneNumbers({
        businessAccountID: WABA,
        fields: ['id', 'status', 'webhook_configuration', ['whatsapp_business_profile', ['email', 'vertical']]],
      })
      .json();
    expect(listed.data.map(({ id, status }) => [id, status])).toEqual([
      [PN, 'CONNECTED'],
      [OTHER_PN, 'CONNECTED'],
    ]);
    expect(listed.data[0]?.whatsapp_business_profile).toEqual({ data: [{ vertical: 'OTHER' }] });
    const one = { phoneNumberID: PN, fields: ['verified_name'] } as const;
    expect(await sdk.phoneNumbers.getPhoneNumber({ ...one, fields: [...one.fields] }).json()).toEqual({
      id: PN,
      verified_name: 'Casa Verde',
    });
  });

  it('reads the account, and subscribes the app to it', async () => {
    const account = await sdk.whatsappBusinessAccount.get(WABA, { fields: ['name', 'currency'] }).json();
    expect(account).toEqual({ id: WABA, name: 'Casa Verde', currency: 'EUR' });
    expect(await sdk.subscribedApps.createSubscription({ businessAccountID: WABA }).json()).toEqual({ success: true });
    const { data } = await sdk.subscribedApps.listSubscriptions({ businessAccountID: WABA }).json();
    expect(data).toMatchObject([{ whatsapp_business_api_data: { id: APP_ID } }]);
  });

  it('is told what is wrong in words it can read', async () => {
    const noBody = { phoneNumberID: PN, to: RITA, type: MessageType.Text, text: { body: '' } } as const;
    const refused = await sdk.message.createMessage({ ...noBody, request: { throwHttpErrors: false } });
    expect(refused.status).toBe(400);
    const { error } = await refused.json();
    expect(error).toMatchObject({ code: 100, type: 'OAuthException', fbtrace_id: expect.any(String) });
  });
});

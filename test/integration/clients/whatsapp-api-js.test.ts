import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WhatsAppAPI } from 'whatsapp-api-js';
import {
  ActionButtons,
  ActionCatalog,
  ActionContactRequest,
  ActionCTA,
  ActionList,
  ActionLocation,
  ActionProductList,
  Audio,
  Body,
  BodyComponent,
  BodyParameter,
  Button,
  Contacts,
  Document,
  Footer,
  Header,
  Image,
  Interactive,
  ListSection,
  Location,
  Name,
  PayloadComponent,
  Phone,
  Product,
  ProductSection,
  Reaction,
  Row,
  Sticker,
  Template,
  Text,
  Video,
} from 'whatsapp-api-js/messages';
import { PN, RITA, type SimulatorRig, startSimulatorRig, TOKEN } from '../../support/simulator-rig.js';

const META = 'https://graph.facebook.com';

let rig: SimulatorRig;
let api: WhatsAppAPI;

beforeEach(async () => {
  rig = await startSimulatorRig();
  api = new WhatsAppAPI({
    token: TOKEN,
    appSecret: 'app-secret-of-a-test',
    v: 'v25.0',
    // It has no setting for Meta's address.
    ponyfill: { fetch: (url, init) => fetch(String(url).replace(META, rig.url), init) },
  });
});
afterEach(() => rig.stop());

const shown = () => rig.simulator.botMessages('rita').map(({ message }) => message);

describe('whatsapp-api-js', () => {
  it('sends messages that arrive', async () => {
    const messages = [
      new Text('Olá 👋'),
      new Image('https://shop.example/tea.jpg', false, 'Tea'),
      new Video('https://shop.example/tour.mp4'),
      new Audio('https://shop.example/hello.ogg', false, true),
      new Document('https://shop.example/menu.pdf', false, 'Our menu', 'menu.pdf'),
      new Sticker('https://shop.example/cat.webp'),
      new Location(-9.1, 38.7, 'Casa Verde', 'Rua da Rosa 1'),
      new Contacts([new Name('Rui Costa', 'Rui'), new Phone('+351910000999', 'CELL', '351910000999')]),
      new Template('hello_world', 'en_US'),
    ];
    for (const message of messages) {
      expect(await api.sendMessage(PN, RITA, message)).toMatchObject({ messages: [{ id: expect.any(String) }] });
    }
    expect(shown().map(({ type }) => type)).toEqual([
      ...['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'template'],
    ]);
    // It writes the list of contacts as a string, which Graph reads like the list itself.
    expect(shown()[7]).toMatchObject({ contacts: [{ name: { formatted_name: 'Rui Costa' } }] });
  });

  it('sends what can be tapped, and what leads elsewhere', async () => {
    const body = new Body('Tea or coffee?');
    const footer = new Footer('Both are fresh');
    const actions = [
      new Interactive(
        new ActionButtons(new Button('tea', 'Tea'), new Button('coffee', 'Coffee')),
        body,
        new Header('Hi'),
        footer,
      ),
      new Interactive(
        new ActionList('Teas', new ListSection('Green', new Row('sencha', 'Sencha', 'From Kyoto'))),
        body,
      ),
      new Interactive(new ActionCTA('Open', 'https://shop.example/'), body),
      new Interactive(new ActionLocation(), body),
      new Interactive(new ActionContactRequest(), body),
      new Interactive(new ActionCatalog(new Product('tea')), body),
      new Interactive(
        new ActionProductList('1', new ProductSection('Green', new Product('tea'))),
        body,
        new Header('Teas'),
      ),
    ];
    for (const action of actions) {
      expect(await api.sendMessage(PN, RITA, action)).toMatchObject({ messages: [{ id: expect.any(String) }] });
    }
    expect(shown().map(({ interactive }) => Object(interactive).type)).toEqual([
      ...[
        'button',
        'list',
        'cta_url',
        'location_request_message',
        'request_contact_info',
        'catalog_message',
        'product_list',
      ],
    ]);
  });

  it('answers, reacts and marks as read', async () => {
    rig.simulator.send('rita', 'Good morning');
    const id = String((await rig.bot.item('messages', 1)).id);
    expect(await api.markAsRead(PN, id, 'text')).toEqual({ success: true });
    await api.sendMessage(PN, RITA, new Reaction(id, '👍'));
    await api.sendMessage(PN, { bsuid: 'PT.40000000000000000101' }, new Text('And to you'), id, 'order-17');
    expect(rig.simulator.botMessages('rita')).toMatchObject([{ type: 'reaction' }, { repliedTo: id }]);
    expect(await rig.bot.item('statuses', 2)).toMatchObject({ biz_opaque_callback_data: 'order-17' });
  });

  it('fills templates in, buttons included', async () => {
    rig.simulator.addTemplate({
      name: 'order_ready',
      language: 'en_US',
      category: 'UTILITY',
      components: [
        { type: 'BODY', text: 'Hello {{1}}, it is ready.', example: { body_text: [['Rita']] } },
        { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'On my way' }] },
      ],
    });
    const parts = [new BodyComponent(new BodyParameter('Rita')), new PayloadComponent('GO')];
    const answer = await api.sendMessage(PN, RITA, new Template('order_ready', 'en_US', ...parts));
    expect(answer).toMatchObject({ messages: [{ message_status: 'accepted' }] });
    const { wamid } = await rig.simulator.nextBotMessage('rita');
    rig.simulator.send('rita', { type: 'tap', messageId: wamid, id: 'GO' });
    expect(await rig.bot.item('messages', 1)).toMatchObject({ button: { payload: 'GO', text: 'On my way' } });
  });

  it('uploads, describes, fetches and deletes a file', async () => {
    const bytes = Buffer.from('a picture of tea');
    const form = new FormData();
    form.set('file', new Blob([bytes], { type: 'image/png' }), 'tea.png');
    const uploaded = await api.uploadMedia(PN, form);
    const id = 'id' in uploaded ? uploaded.id : '';
    const media = await api.retrieveMedia(id, PN);
    expect(media).toMatchObject({ mime_type: 'image/png', id });
    const fetched = await api.fetchMedia('url' in media ? media.url : '');
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(bytes);
    expect(await api.deleteMedia(id)).toEqual({ success: true });
    expect(await api.retrieveMedia(id)).toMatchObject({ error: { code: 100 } });
  });

  it('blocks and frees a person, by number and by id, without naming a version', async () => {
    rig.simulator.send('rita', 'spam');
    const blocked = await api.blockUser(PN, { bsuid: 'PT.40000000000000000101' });
    expect(blocked).toMatchObject({ block_users: { added_users: [{ wa_id: '351910000101' }] } });
    expect(await api.sendMessage(PN, RITA, new Text('Hello'))).toMatchObject({ error: { code: 130403 } });
    const freed = await api.unblockUser(PN, RITA);
    expect(freed).toMatchObject({ block_users: { removed_users: [{ input: RITA }] } });
    expect(await api.blockUser(PN, '+351999999999')).toMatchObject({
      block_users: { failed_users: [{ input: '+351999999999' }] },
      error: { code: 139100 },
    });
  });

  it('makes, changes, reads and deletes QR codes', async () => {
    const made = await api.createQR(PN, 'Hello there', 'svg');
    expect(made).toMatchObject({ prefilled_message: 'Hello there', qr_image_url: expect.stringMatching(/^https:/) });
    const code = 'code' in made ? made.code : '';
    expect(await api.updateQR(PN, code, 'Good morning')).toMatchObject({ code, prefilled_message: 'Good morning' });
    expect(await api.retrieveQR(PN, code)).toMatchObject({ data: [{ code, prefilled_message: 'Good morning' }] });
    expect(await api.deleteQR(PN, code)).toEqual({ success: true });
    expect(await api.retrieveQR(PN)).toEqual({ data: [] });
  });
});

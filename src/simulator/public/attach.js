import { byId } from './dom.js';
import { openTileSheet } from './sheet.js';

/** What can be sent beside text: samples, and files from this device. */

const PICTURE = 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.500L20 17M15.5 9.500h.01';
const FILM = 'M4 6h11v12H4zM15 10l5-3v10l-5-3';
const VOICE = 'M12 4a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V7a3 3 0 0 1 3-3zM6 11v1a6 6 0 0 0 12 0v-1M12 18v3';
const FILE = 'M7 3h7l4 4v14H7zM14 3v5h4';
const STICKER = 'M5 5h14v8l-6 6H5zM19 13h-6v6M9 10h.01M14 10h.01';
const PIN = 'M12 21s7-6.2 7-11.500A7 7 0 0 0 5 9.500C5 14.8 12 21 12 21zm0-9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z';
const PERSON = 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-5.5 8-5.5s7 1.5 8 5.5';
const BAG = 'M6 8h12l1 12H5zM9 8V6a3 3 0 0 1 6 0v2';
const POLL = 'M5 20v-7m4.7 7V5m4.6 15v-9m4.7 9v-5';
const HORN = 'M4 10v4h3l8 4V6l-8 4zM18 9a4 4 0 0 1 0 6';
const BURST = 'm5 6 6 6-6 6m7-12 6 6-6 6';
const DEVICE = 'M7 3h10v18H7zM11 18h2';

const FRIEND = {
  name: { formatted_name: 'Ana Silva', first_name: 'Ana' },
  phones: [{ phone: '+351 910 000 009', type: 'CELL' }],
};
const CART = {
  catalogId: 'catalogue-1',
  items: [{ productId: 'rye-bread', quantity: 2, price: 3.5, currency: 'EUR' }],
};

export const HOME = {
  type: 'location',
  latitude: 38.7139,
  longitude: -9.1394,
  name: 'Rossio',
  address: 'Praça Dom Pedro IV, Lisbon',
};

/** @param {{ send(action: object): Promise<unknown>, sendBurst(): void, report(err: Error): void }} phone */
export function setUpAttachments({ send, sendBurst, report }) {
  const input = byId('own-file');
  const tile = (label, hint, symbol, action) => ({ label, hint, symbol, run: () => void send(action) });
  const tiles = [
    tile('Picture', 'with a caption', PICTURE, { type: 'image', caption: 'The view from here' }),
    tile('Video', 'two seconds', FILM, { type: 'video', caption: 'Sunrise' }),
    tile('Voice note', 'three notes', VOICE, { type: 'audio' }),
    tile('Document', 'a PDF', FILE, { type: 'document' }),
    tile('Sticker', 'a leaf', STICKER, { type: 'sticker' }),
    { label: 'Own file', hint: 'from this device', symbol: DEVICE, run: () => input.click() },
    tile('Location', 'a square in Lisbon', PIN, HOME),
    tile('Contact', 'a friend’s card', PERSON, { type: 'contacts', contacts: [FRIEND] }),
    tile('Order', 'two loaves', BAG, { type: 'order', ...CART }),
    tile('From an ad', 'opens 72 hours', HORN, { type: 'text', text: 'I saw your bread', ad: true }),
    tile('A poll', 'a type no bot gets', POLL, { type: 'unsupported', kind: 'poll' }),
    { label: 'Five at once', hint: 'faster than a bot likes', symbol: BURST, run: sendBurst },
  ];
  byId('more').addEventListener('click', () => openTileSheet('Send something else', tiles));
  input.addEventListener('change', () => {
    const [chosen] = input.files;
    input.value = '';
    if (chosen !== undefined) void read(chosen).then(send).catch(report);
  });
}

const KIND = /^(?<kind>image|video|audio)\//;

/** What the simulator takes in one request, as base64 and with room for the rest. */
const MAX_MB = 16;

async function read(chosen) {
  if (chosen.size === 0) throw new Error('This file is empty.');
  if (chosen.size > MAX_MB * 1_000_000) throw new Error(`Files of up to ${MAX_MB} MB can be sent from here.`);
  const type = KIND.exec(chosen.type)?.groups.kind ?? 'document';
  const bytes = new Uint8Array(await chosen.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  const file = { type, data: btoa(binary), mimeType: chosen.type || 'application/octet-stream' };
  if (type === 'audio') return { ...file, voice: false };
  return type === 'document' ? { ...file, filename: chosen.name } : file;
}

import { crc32, deflateSync } from 'node:zlib';
import type { Random } from './random.js';

const WIDTH = 320;
const HEIGHT = 200;

/** A small PNG: a sunset over water, in colours of chance, so that two pictures in a chat can be told apart. */
export function samplePicture(random: Random): Buffer {
  const hue = 200 + Math.floor(random.next() * 140);
  const sunX = 60 + Math.floor(random.next() * 200);
  const horizon = 0.62 * HEIGHT;
  const rows: Buffer[] = [];
  for (let y = 0; y < HEIGHT; y += 1) {
    const row = Buffer.alloc(1 + WIDTH * 3);
    for (let x = 0; x < WIDTH; x += 1) {
      const mirroredY = y < horizon ? y : 2 * horizon - y;
      const ripple = y < horizon ? 0 : 2.5 * Math.sin(y * 1.3 + x * 0.02);
      const isSun = Math.hypot(x + ripple - sunX, (mirroredY - horizon * 0.72) * (y < horizon ? 1 : 0.8)) < 30;
      const lightness =
        (y < horizon ? 0.35 + 0.45 * (y / horizon) : 0.62 - 0.3 * ((y - horizon) / (HEIGHT - horizon))) +
        ripple * 0.008;
      row.set(isSun ? [255, 240, 200] : toRgb(hue + 40 * (mirroredY / horizon), 0.55, lightness), 1 + x * 3);
    }
    rows.push(row);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  // 8 bits a channel, RGB, and the only compression, filter and interlace methods everybody reads.
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** HSL to 8-bit RGB; hue in degrees, the others in [0, 1]. */
function toRgb(hue: number, saturation: number, lightness: number): number[] {
  const l = Math.min(1, Math.max(0, lightness));
  const a = saturation * Math.min(l, 1 - l);
  return [0, 8, 4].map((offset) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (l - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
}

import { readFileSync } from 'node:fs';
import type { Random } from './random.js';
import { samplePicture } from './sample-picture.js';

/** Meta's kinds of media messages. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'document', 'sticker'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** A file as it lies on a phone. */
export interface SampleFile {
  bytes: Buffer;
  mimeType: string;
  filename?: string;
}

/** The page offers the same files, so they lie where it can fetch them. */
const fromFolder = (name: string, mimeType: string): SampleFile => ({
  bytes: readFileSync(new URL(`./public/samples/${name}`, import.meta.url)),
  mimeType,
});

/**
 * What a contact sends who has nothing at hand: real files that any player opens. The clip is H.264 in MP4, the voice note
 * Opus in Ogg, one channel, as a phone records it.
 */
export function sampleFile(kind: MediaKind, random: Random): SampleFile {
  switch (kind) {
    case 'image':
      return { bytes: samplePicture(random), mimeType: 'image/png' };
    case 'video':
      return fromFolder('clip.mp4', 'video/mp4');
    case 'audio':
      return fromFolder('voice.ogg', 'audio/ogg; codecs=opus');
    case 'sticker':
      return fromFolder('sticker.webp', 'image/webp');
    case 'document':
      return { bytes: samplePdf('A page of the simulator'), mimeType: 'application/pdf', filename: 'page.pdf' };
  }
}

/** The smallest PDF that every reader opens: one page with one line. `text` is ASCII without brackets. */
function samplePdf(text: string): Buffer {
  const stream = `BT /F1 24 Tf 60 740 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const end = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(`${file}xref\n0 ${size}\n0000000000 65535 f \n${table}${end}`, 'latin1');
}

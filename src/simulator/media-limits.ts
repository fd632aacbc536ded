import type { MediaKind } from './samples.js';

const MB = 1024 * 1024;
const KB = 1024;

/**
 * What WhatsApp takes of each kind. An empty list of types: any. A static sticker may have 100 KB, but a file does not say
 * whether it moves without being drawn, so the double allows what an animated one may have.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */
export const MEDIA_LIMITS: { [kind in MediaKind]: { maxBytes: number; types: readonly string[] } } = {
  image: { maxBytes: 5 * MB, types: ['image/jpeg', 'image/png'] },
  video: { maxBytes: 16 * MB, types: ['video/mp4', 'video/3gpp', 'video/3gp'] },
  audio: {
    maxBytes: 16 * MB,
    types: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg', 'audio/opus'],
  },
  document: { maxBytes: 100 * MB, types: [] },
  sticker: { maxBytes: 500 * KB, types: ['image/webp'] },
};

/** Which kinds a file can be sent as; empty: none, or too big for all. */
export function kindsOf(mimeType: string, bytes: number): MediaKind[] {
  const [type = ''] = mimeType.toLowerCase().split(';');
  const kinds: MediaKind[] = ['image', 'video', 'audio', 'sticker', 'document'];
  return kinds.filter((kind) => {
    const { maxBytes, types } = MEDIA_LIMITS[kind];
    return bytes <= maxBytes && (types.length === 0 || types.includes(type.trim()));
  });
}

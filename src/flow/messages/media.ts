import type { z } from 'zod';
import type { MediaSource, MessageHeader } from '../../shared/message.js';
import { INTERACTIVE } from '../../shared/whatsapp-limits.js';
import type { View } from '../behaviour.js';
import { isLanguageMap, report, shorthand, strict, type Text, template, text } from '../fields.js';
import { FlowError } from '../flow-error.js';
import { bodyText } from '../markdown.js';
import type { Template } from '../template.js';
import { isScalar, said, wanted, webLink } from './parts.js';

/** A file at a link, or one that was uploaded to Meta before. */
export interface Media {
  link?: Template | undefined;
  media?: Template | undefined;
  caption?: Text | undefined;
  filename?: Template | undefined;
}

const SOURCE = { link: template.optional(), media: template.optional() };
const NAMES = {
  image: 'an image',
  video: 'a video',
  audio: 'an audio',
  voice: 'a voice message',
  document: 'a document',
  sticker: 'a sticker',
};
type MediaKind = keyof typeof NAMES;

/** `image: https://…`, `image: { link, caption }`. */
function mediaSchema(kind: MediaKind, more: z.ZodRawShape = {}): z.ZodType<Media> {
  const what = NAMES[kind];
  const map: z.ZodType<Media> = strict(what, { ...SOURCE, ...more }, ['file']);
  const checked = map.transform((fields, ctx) => {
    if (fields.link === undefined && fields.media === undefined) {
      report(ctx, `${what} needs \`link\``, {
        code: 'missing-key',
        hint: 'or `media` with the id of a file that was uploaded to Meta',
      });
    }
    if (fields.link !== undefined && fields.media !== undefined) {
      const message = `${what} has \`link\` or \`media\`, not both`;
      report(ctx, message, { code: 'invalid-combination', path: ['media'], key: true });
    }
    return fields;
  });
  return shorthand('link', template, checked, isScalar);
}

const caption = { caption: bodyText.optional() };
const filename = { filename: template.optional() };

export const media = {
  image: mediaSchema('image', caption),
  video: mediaSchema('video', caption),
  audio: mediaSchema('audio'),
  voice: mediaSchema('voice'),
  document: mediaSchema('document', { ...caption, ...filename }),
  sticker: mediaSchema('sticker'),
};

/** @throws FlowError when there is neither a link nor an id */
export function sourceOf(kind: MediaKind, { link, media: id }: Media, view: View): MediaSource {
  if (link !== undefined) return { link: webLink(view, `the link of ${NAMES[kind]}`, link) };
  const mediaId = wanted(view, id);
  if (mediaId === undefined) throw new FlowError(`the media id of ${NAMES[kind]} is empty`);
  return { mediaId };
}

export interface Header {
  text?: Text | undefined;
  image?: Media | undefined;
  video?: Media | undefined;
  document?: Media | undefined;
}

const headerShape = {
  text: text.optional(),
  image: mediaSchema('image').optional(),
  video: mediaSchema('video').optional(),
  document: mediaSchema('document', filename).optional(),
};

const headerMap: z.ZodType<Header> = strict('a header', headerShape).transform((fields, ctx) => {
  const [, second] = Object.entries(fields).filter(([, one]) => one !== undefined);
  if (second === undefined) return fields;
  const message = 'a header is one of text, image, video and document';
  report(ctx, message, { code: 'invalid-combination', path: [second[0]], key: true });
  return fields;
});

/** `header: Our menu`, `header: { image: https://… }`. */
export const header: z.ZodType<Header> = shorthand(
  'text',
  text,
  headerMap,
  (raw) => isScalar(raw) || isLanguageMap(raw, Object.keys(headerShape)),
);

/** @returns undefined when there is no header, or an empty one */
export function headerOf(fields: Header | undefined, view: View): MessageHeader | undefined {
  if (fields?.image !== undefined) return { type: 'image', ...sourceOf('image', fields.image, view) };
  if (fields?.video !== undefined) return { type: 'video', ...sourceOf('video', fields.video, view) };
  if (fields?.document !== undefined) {
    const name = wanted(view, fields.document.filename);
    const source = sourceOf('document', fields.document, view);
    return { type: 'document', ...source, ...(name === undefined ? {} : { filename: name }) };
  }
  const words = said(view, 'header', fields?.text, INTERACTIVE.headerMax);
  return words === '' ? undefined : { type: 'text', text: words };
}

import type { z } from 'zod';
import type { MediaSource, MessageHeader } from '../../shared/message.js';
import { INTERACTIVE } from '../../shared/whatsapp-limits.js';
import type { View } from '../behaviour.js';
import type { Template } from '../expressions/template.js';
import { FlowError } from '../flow-error.js';
import { field, isLanguageMap, report, shorthand, strict, type Text, template, text } from '../reading/fields.js';
import { OwnFileName } from '../reading/own-files.js';
import { Plain } from '../reading/source.js';
import { bodyText } from './markdown.js';
import { isScalar, said, wanted, webLink } from './parts.js';

/** A file at a link, one that was uploaded to Meta before, or one of the bot's own. */
export interface Media {
  link?: Template | undefined;
  media?: Template | undefined;
  file?: OwnFileName | undefined;
  caption?: Text | undefined;
  filename?: Template | undefined;
}

const SOURCE = {
  link: template.optional().describe('Where it is on the web.'),
  media: template.optional().describe('The id of a file that was uploaded to Meta.'),
};
const SOURCES = ['link', 'file', 'media'] as const;
const OWN_FILE = /^[\w][\w .-]*(\/[\w][\w .-]*)*$/;

/** `menu.pdf`, `prices/2026.jpg`: below the folder of the bot's own files, written out, so that it can be deployed. */
const ownFile = (kind: MediaKind) =>
  field(
    (raw, ctx) => {
      const path = typeof raw === 'string' ? raw : raw instanceof Plain ? raw.source : '';
      if (OWN_FILE.test(path)) return new OwnFileName(path, kind);
      const hint = 'write the path of a file in the folder `media` beside the flows, such as menu.pdf, without {{ }}';
      return void report(ctx, 'a file has a name of letters, digits, spaces, dots, - and _', { hint });
    },
    { type: 'string', pattern: OWN_FILE.source },
  );
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
  const map: z.ZodType<Media> = strict(what, {
    ...SOURCE,
    file: ownFile(kind).optional().describe('A file of the bot, in the folder `media` beside the flows.'),
    ...more,
  });
  const checked = map.transform((fields, ctx) => {
    const [first, second] = SOURCES.filter((key) => fields[key] !== undefined);
    if (first === undefined) {
      report(ctx, `${what} needs \`link\``, {
        code: 'missing-key',
        hint: 'or `file` with one of the folder `media`, or `media` with the id of a file that was uploaded to Meta',
      });
    }
    if (second !== undefined) {
      const message = `${what} has one of \`link\`, \`file\` and \`media\``;
      report(ctx, message, { code: 'invalid-combination', path: [second], key: true });
    }
    return fields;
  });
  return shorthand('link', template, checked, isScalar);
}

const caption = { caption: bodyText.optional().describe('The text below it.') };
const filename = { filename: template.optional().describe('What the file is called.') };

export const media = {
  image: mediaSchema('image', caption),
  video: mediaSchema('video', caption),
  audio: mediaSchema('audio'),
  voice: mediaSchema('voice'),
  document: mediaSchema('document', { ...caption, ...filename }),
  sticker: mediaSchema('sticker'),
};

/** @throws FlowError when there is neither a link nor an id, and for a file of the bot's own that was not deployed */
export function sourceOf(kind: MediaKind, { link, media: id, file }: Media, view: View): MediaSource {
  if (file?.found !== undefined) return { file: file.found };
  if (file !== undefined) throw new FlowError(`the file of ${NAMES[kind]} is not one that was deployed with the flows`);
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
  text: text.optional().describe('A text, 60 characters.'),
  image: mediaSchema('image').optional().describe('A picture; on buttons only.'),
  video: mediaSchema('video').optional().describe('A video; on buttons only.'),
  document: mediaSchema('document', filename).optional().describe('A file; on buttons only.'),
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

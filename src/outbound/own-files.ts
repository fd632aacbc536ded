import type { MediaSource, MessageContent, OwnFile, TemplateCard } from '../shared/message.js';

/** The bot's own files that a message shows, each once. */
export function ownFilesOf(content: MessageContent): OwnFile[] {
  const files = new Map<string, OwnFile>();
  withSources(content, (source) => {
    if (source.file !== undefined) files.set(source.file.sha256, source.file);
    return source;
  });
  return [...files.values()];
}

/**
 * A message with Meta's ids in place of its own files. A document without a name gets that of its file: Meta shows none
 * for what it knows by an id.
 */
export function withMediaIds(content: MessageContent, idOf: (file: OwnFile) => string): MessageContent {
  return withSources(content, ({ file, ...source }) => {
    if (file === undefined) return source;
    const isNameless = 'type' in source && source.type === 'document' && !('filename' in source);
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    return { ...source, mediaId: idOf(file), ...(isNameless ? { filename: name } : {}) };
  });
}

/** The places of a message that can hold a file: itself, what stands above it, and the tops of its cards. */
function withSources(
  content: MessageContent,
  change: <S extends MediaSource>(source: S) => Omit<S, 'file'>,
): MessageContent {
  switch (content.type) {
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return change(content);
    case 'buttons':
    case 'list':
    case 'cta':
    case 'whatsappFlow':
      return content.header === undefined || content.header.type === 'text'
        ? content
        : { ...content, header: change(content.header) };
    case 'carousel':
      return {
        ...content,
        cards: content.cards.map((card) => ('header' in card ? { ...card, header: change(card.header) } : card)),
      };
    case 'template': {
      const whole = withTop(content, change);
      const cards = content.cards?.map((card) => withTop(card, change));
      return cards === undefined ? whole : { ...whole, cards };
    }
    default:
      return content;
  }
}

function withTop<T extends TemplateCard>(card: T, change: <S extends MediaSource>(source: S) => Omit<S, 'file'>): T {
  const { header } = card;
  const isFile = header?.type === 'image' || header?.type === 'video' || header?.type === 'document';
  return isFile ? { ...card, header: change(header) } : card;
}

import type { MessageContent, ReplyButton } from '../shared/message.js';
import { markedId } from '../shared/tap-id.js';
import { BUTTONS, CAROUSEL, LIST, TEMPLATE } from '../shared/whatsapp-limits.js';

/** The same message, its buttons and rows saying which menu they belong to. A raw body goes out as it was written. */
export function markTaps(content: MessageContent, menu: string): MessageContent {
  switch (content.type) {
    case 'buttons':
      return { ...content, buttons: markReplies(content.buttons, menu, BUTTONS.idMax) };
    case 'list': {
      const sections = content.sections.map((section) => {
        const rows = section.rows.map((row) => ({ ...row, id: markedId(row.id, menu, LIST.rowIdMax) }));
        return { ...section, rows };
      });
      return { ...content, sections };
    }
    case 'carousel': {
      const cards = content.cards.map((card) =>
        'buttons' in card ? { ...card, buttons: markReplies(card.buttons, menu, CAROUSEL.idMax) } : card,
      );
      return { ...content, cards };
    }
    case 'template': {
      const buttons = content.buttons?.map((button) =>
        button.type === 'reply' ? { ...button, payload: markedId(button.payload, menu, TEMPLATE.payloadMax) } : button,
      );
      return buttons === undefined ? content : { ...content, buttons };
    }
    default:
      return content;
  }
}

function markReplies(buttons: readonly ReplyButton[], menu: string, longest: number): ReplyButton[] {
  return buttons.map(({ id, title }) => ({ id: markedId(id, menu, longest), title }));
}

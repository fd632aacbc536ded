import type { MessageContent, ReplyButton, TemplateButton, TemplateCard } from '../shared/message.js';
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
      const { buttons, cards } = content;
      return {
        ...content,
        ...(buttons === undefined ? {} : { buttons: markPayloads(buttons, menu) }),
        ...(cards === undefined ? {} : { cards: cards.map((card) => markCard(card, menu)) }),
      };
    }
    default:
      return content;
  }
}

function markCard(card: TemplateCard, menu: string): TemplateCard {
  return card.buttons === undefined ? card : { ...card, buttons: markPayloads(card.buttons, menu) };
}

function markPayloads(buttons: readonly TemplateButton[], menu: string): TemplateButton[] {
  return buttons.map((button) =>
    button.type === 'reply' ? { ...button, payload: markedId(button.payload, menu, TEMPLATE.payloadMax) } : button,
  );
}

function markReplies(buttons: readonly ReplyButton[], menu: string, longest: number): ReplyButton[] {
  return buttons.map(({ id, title }) => ({ id: markedId(id, menu, longest), title }));
}

/**
 * What a flow says, before it is spelled as Meta wants it. The flow engine makes these, the outbox keeps them,
 * `cloud-api/` turns them into request bodies. Lengths are checked where a flow is loaded and again before sending.
 */
export type MessageContent =
  | { type: 'text'; text: string; previewUrl?: boolean }
  | { type: 'buttons'; text: string; header?: MessageHeader; footer?: string; buttons: ReplyButton[] }
  | { type: 'list'; text: string; header?: MessageHeader; footer?: string; button: string; sections: ListSection[] }
  | { type: 'image'; link: string; caption?: string };

export type MessageHeader = { type: 'text'; text: string } | { type: 'image'; link: string };

export interface ReplyButton {
  id: string;
  title: string;
}

export interface ListSection {
  title?: string;
  rows: { id: string; title: string; description?: string }[];
}

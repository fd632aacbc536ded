import { createHmac } from 'node:crypto';
import { WHATSAPP_ENV } from './project.js';

/** A contact as Meta knows it; one without `waId` is a username user. */
export interface OutsideContact {
  waId?: string;
  bsuid: string;
}

/** A text on its way from Meta to us. */
export interface OutsideText {
  phoneNumberId: string;
  contact: OutsideContact;
  wamid: string;
  text: string;
}

/** A status on its way from Meta to us. */
export interface OutsideStatus {
  phoneNumberId: string;
  wamid: string;
  status: 'sent' | 'delivered' | 'read';
  recipient: string;
  callbackData: string;
}

/** The bytes of one webhook with these updates in their order, one change a business number. */
export function webhookBody(texts: readonly OutsideText[], statuses: readonly OutsideStatus[] = []): Buffer {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const phones = new Set([...texts, ...statuses].map(({ phoneNumberId }) => phoneNumberId));
  const changes = [...phones].map((phoneNumberId) => {
    const written = texts.filter((it) => it.phoneNumberId === phoneNumberId);
    const told = statuses.filter((it) => it.phoneNumberId === phoneNumberId);
    const contacts = [...new Map(written.map(({ contact }) => [contact.bsuid, contact])).values()];
    return {
      field: 'messages',
      value: {
        messaging_product: 'whatsapp',
        metadata: { display_phone_number: '351210000001', phone_number_id: phoneNumberId },
        ...(written.length === 0 ? {} : { contacts: contacts.map(contactCard), messages: written.map(message) }),
        ...(told.length === 0 ? {} : { statuses: told.map(status) }),
      },
    };
  });
  return Buffer.from(
    JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: WHATSAPP_ENV.WHATSAPP_WABA_ID, changes }] }),
  );

  function contactCard({ waId, bsuid }: OutsideContact) {
    return {
      profile: { name: 'Rita Alves' },
      ...(waId === undefined ? {} : { wa_id: waId }),
      user_id: bsuid,
    };
  }

  function message({ contact: { waId, bsuid }, wamid, text }: OutsideText) {
    return {
      ...(waId === undefined ? {} : { from: waId }),
      from_user_id: bsuid,
      id: wamid,
      timestamp,
      type: 'text',
      text: { body: text },
    };
  }

  function status({ wamid, status: word, recipient, callbackData }: OutsideStatus) {
    return {
      id: wamid,
      status: word,
      timestamp,
      recipient_id: recipient,
      biz_opaque_callback_data: callbackData,
    };
  }
}

/** `X-Hub-Signature-256` as Meta computes it for the app of `WHATSAPP_ENV`. */
export function signatureOf(body: Buffer): string {
  return `sha256=${createHmac('sha256', WHATSAPP_ENV.WHATSAPP_APP_SECRET).update(body).digest('hex')}`;
}

export const WEBHOOK_PATH = `/webhook/${WHATSAPP_ENV.WHATSAPP_URL_TOKEN}`;

export interface NumberOptions {
  phoneNumberId: string;
  flow: string;
  messageDelayMs: number;
  throughputPerSec: number;
}

/** Endpoint files for several numbers of the app of `WHATSAPP_ENV`; the first has its URL token. */
export function endpointFiles(numbers: readonly NumberOptions[]): { [path: string]: string } {
  return Object.fromEntries(
    numbers.map(({ phoneNumberId, flow, messageDelayMs, throughputPerSec }, i) => [
      `config/endpoints/number-${i}.yaml`,
      `flow: ${flow}
phoneNumberId: "${phoneNumberId}"
wabaId: \${WHATSAPP_WABA_ID}
appId: \${WHATSAPP_APP_ID}
appSecrets: \${WHATSAPP_APP_SECRET}
accessToken: \${WHATSAPP_ACCESS_TOKEN}
verifyToken: \${WHATSAPP_VERIFY_TOKEN}
urlToken: ${i === 0 ? '${WHATSAPP_URL_TOKEN}' : `a-url-of-number-${i}-nobody-guesses`}
messageDelayMs: ${messageDelayMs}
throughputPerSec: ${throughputPerSec}
typingIndicator: false
markAsRead: false
`,
    ]),
  );
}

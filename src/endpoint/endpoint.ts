import { z } from 'zod';
import {
  checkedText,
  flag,
  flowValue,
  graphVersion,
  metaId,
  oneOf,
  secret,
  settingFacts,
  text,
  webUrl,
  wholeNumber,
} from '../config/setting.js';
import type { InboundKind } from '../shared/inbound-kinds.js';
import { MEDIA_KINDS, RECEIVED_MEGABYTES_MAX, USUAL_TYPES } from '../shared/media-types.js';
import { readOpeningHours } from '../shared/opening-hours.js';

const SAID_WHEN_ALL_ELSE_FAILS = 'Sorry, something went wrong on our side. Please try again in a moment.';

/** Which language model `llm` steps ask, and how to get in. */
export const llmFields = {
  baseUrl: webUrl('https://api.openai.com/v1').optional(),
  apiKey: secret(/^[\x21-\x7e]+$/, 'a key without spaces').optional(),
  model: text(/^\S{1,100}$/, 'the name of a model, without spaces').optional(),
};

const megabytes = () => wholeNumber(1, RECEIVED_MEGABYTES_MAX, 'megabytes');
const ALL_KINDS = Object.fromEntries(MEDIA_KINDS.map((kind) => [kind, RECEIVED_MEGABYTES_MAX]));

const kinds = {
  ...{ text: flag(), image: flag(), video: flag(), audio: flag(), document: flag(), sticker: flag(), location: flag() },
  ...{ contacts: flag(), interactive: flag(), button: flag(), order: flag(), unsupported: flag(), reaction: flag() },
  ...{ request_welcome: flag(), system: flag(), edit: flag(), revoke: flag(), user_preferences: flag() },
} satisfies { [kind in InboundKind]: unknown };

const FLOW_NAME = /^[a-z0-9][a-z0-9_-]*$/i;

/** What belongs to the bot, whichever network it is connected to. */
const botFields = {
  id: text(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63').optional(),
  name: text(/^\S.{0,99}$/u, 'text of 1 to 100 characters').optional(),
  enabled: flag().default(true),
  flow: text(FLOW_NAME, 'the name of a flow in the flows folder, such as welcome'),
  // A flow of the same bot, so that they are versioned, checked, tested and rolled back with the rest of it.
  handlers: text(FLOW_NAME, 'the name of a flow in the flows folder, such as house-rules').optional(),
  locale: checkedText(isLocale, 'a language tag such as en, de-AT or pt-BR').default('en'),
  timeZone: checkedText(isTimeZone, 'a time zone such as Europe/Lisbon or UTC').default('UTC'),
  // Cognigy's bounds; above 25 s the typing indicator of WhatsApp is gone.
  messageDelayMs: wholeNumber(0, 25_000, 'ms').default(500),
  sessionExpirationMinutes: wholeNumber(0, 10_080, 'minutes (0: never)').default(30),
  // Meta's default throughput of a number, and the highest it grants.
  throughputPerSec: wholeNumber(1, 1000, 'messages a second').default(80),
  /** what becomes of a message that comes while a flow sleeps */
  duringSleep: oneOf(['interrupt', 'queue', 'drop']).default('interrupt'),
  // Longer than this, nobody would call it a burst.
  collectMs: wholeNumber(0, 30_000, 'ms (0: each message by itself)').default(0),
  // When somebody is there to take over, in the endpoint's time zone; without a line always.
  handoverHours: z
    .array(checkedText((line) => readOpeningHours([line]) !== undefined, 'days and times such as mon-fri 09:00-17:00'))
    .max(50)
    .default([]),
  /** how long what was said is kept behind the last word, for operators; 0: not at all */
  transcriptMinutes: wholeNumber(0, 10_080, 'minutes (0: nothing is kept)').default(0),
  // A person who writes from the phone app has the word for that long; 0: the bot answers beside them.
  staffPauseMinutes: wholeNumber(0, 10_080, 'minutes (0: not at all)').default(60),
  // Which kinds of messages start a turn, where it is not the usual.
  startsTurn: z.strictObject(kinds).partial().default({}),
  typingIndicator: flag().default(true),
  markAsRead: flag().default(true),
  /** which files of contacts are fetched */
  media: z
    .strictObject({
      accept: z
        .strictObject({
          image: megabytes(),
          video: megabytes(),
          audio: megabytes(),
          document: megabytes(),
          sticker: megabytes(),
        })
        .partial()
        .default(ALL_KINDS),
      types: z
        .array(text(/^(\*|[\w.+-]+)\/(\*|[\w.+-]+)$/, 'a type such as application/pdf, image/* or */*'))
        .default([...USUAL_TYPES]),
    })
    .prefault({}),
  fallback: checkedText((said) => /\S/.test(said) && said.length <= 4096, 'text of 1 to 4096 characters').default(
    SAID_WHEN_ALL_ELSE_FAILS,
  ),
  env: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), flowValue())
    .register(settingFacts, { allowed: 'names in capitals, each with a text: ORDERS_URL: "https://…"' })
    .default({}),
  secrets: z
    .record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), secret(/^[\x20-\x7e]+$/, 'in printable ASCII, as headers need it'))
    .register(settingFacts, { allowed: 'names in capitals, each with a variable: ORDERS_TOKEN: ${ORDERS_TOKEN}' })
    .default({}),
  llm: z.strictObject(llmFields).prefault({}),
};

/** `config/endpoints/*.yaml` of a number at Meta. */
export const EndpointFileSchema = z.strictObject({
  ...botFields,
  simulated: z.literal(false).register(settingFacts, { allowed: 'true or false' }).default(false),
  urlToken: text(
    /^[\w-]{16,128}$/,
    '16 to 128 of the characters A-Z a-z 0-9 _ -, hard to guess (openssl rand -hex 16)',
  ),
  verifyToken: secret(),
  appId: metaId('app id', 'App settings > Basic'),
  appSecrets: z
    .array(secret(/^[\x21-\x7e]{8,}$/, 'the app secret of App settings > Basic'))
    .min(1)
    .max(5),
  accessToken: secret(/^[\x21-\x7e]{8,}$/, 'a token without spaces'),
  phoneNumberId: metaId('phone number id, not the phone number', 'WhatsApp > API Setup'),
  wabaId: metaId('WhatsApp Business Account id', 'WhatsApp > API Setup'),
  graphVersion: graphVersion().optional(),
});

/** `config/endpoints/*.yaml` of a demo bot: its number and secrets are the simulator's (`simulated.ts`). */
export const SimulatedEndpointFileSchema = z.strictObject({
  ...botFields,
  // Nobody real talks to a demo bot.
  transcriptMinutes: wholeNumber(0, 10_080, 'minutes (0: nothing is kept)').default(60),
  simulated: z.literal(true).register(settingFacts, { allowed: 'true or false' }),
});

/** What a file may say, defaults filled in. */
export type EndpointFields = z.infer<typeof EndpointFileSchema> | z.infer<typeof SimulatedEndpointFileSchema>;

type BotFields = Omit<
  z.infer<typeof SimulatedEndpointFileSchema>,
  'id' | 'name' | 'simulated' | 'env' | 'secrets' | 'llm'
>;

/** One business number with the bot behind it: all its settings, defaults filled in. Holds secrets. */
export interface Endpoint extends Readonly<BotFields> {
  /** the file's, else the file's name */
  readonly id: string;
  /** shown to people; the id when none was given */
  readonly name: string;
  readonly simulated: boolean;
  /** last part of the webhook's URL */
  readonly urlToken: string;
  readonly verifyToken: string;
  readonly appId: string;
  /** at least one; two while a secret is being changed */
  readonly appSecrets: readonly string[];
  readonly accessToken: string;
  readonly phoneNumberId: string;
  readonly wabaId: string;
  /** its own, else `cloudApi.graphVersion` */
  readonly graphVersion: string;
  /** where its messages are sent: `cloudApi.baseUrl`, or the simulator */
  readonly graphApiUrl: string;
  /** what flows see as `env`: the file's own over the variables named in `flows.env` */
  readonly env: { readonly [name: string]: string };
  /** what `http` steps may send as `{ secret: NAME }` and no expression sees: the file's own over `flows.secrets` */
  readonly secrets: { readonly [name: string]: string };
  /** its own, else the settings' */
  readonly llm: { readonly [field in keyof typeof llmFields]?: string | undefined };
  /** where it was written, e.g. `config/endpoints/whatsapp.yaml` */
  readonly source: string;
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

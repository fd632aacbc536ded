import type { JsonObject } from './json.js';
import type { SimulatedNumber } from './options.js';

/** How many people a business may write to first within 24 h. */
export const TIERS = { TIER_250: 250, TIER_2K: 2_000, TIER_10K: 10_000, TIER_100K: 100_000, TIER_UNLIMITED: Infinity };
export type Tier = keyof typeof TIERS;
export const TIER_NAMES = Object.keys(TIERS) as [Tier, ...Tier[]];

export const QUALITIES = ['GREEN', 'YELLOW', 'RED', 'UNKNOWN'] as const;

/** What can change about a business number while the double runs. */
export interface NumberState {
  quality: (typeof QUALITIES)[number];
  tier: Tier;
  /** Meta's `throughput.level`: 80 or 1000 messages a second */
  throughput: 'STANDARD' | 'HIGH';
  /** a number that is not registered cannot send */
  registered: boolean;
  /** two-step verification; undefined: any PIN registers the number, and becomes its own */
  pin: string | undefined;
  /** when it was registered or taken off, epoch ms */
  registrations: number[];
  /** as `whatsapp_business_profile` gives it */
  profile: JsonObject;
  commerce: { is_cart_enabled: boolean; is_catalog_visible: boolean };
  /** as `settings` gives them, by feature */
  settings: JsonObject;
  automation: JsonObject;
  /** what forms with an endpoint encrypt for, PEM; undefined while nobody has uploaded one */
  formKey: string | undefined;
  /** contacts the business has blocked */
  blocked: Set<string>;
  /** QR codes by their code */
  codes: Map<string, JsonObject>;
}

export function freshNumberState({ name, about }: SimulatedNumber): NumberState {
  return {
    quality: 'GREEN',
    tier: 'TIER_250',
    throughput: 'STANDARD',
    registered: true,
    pin: undefined,
    registrations: [],
    profile: { messaging_product: 'whatsapp', about: about ?? `${name} on WhatsApp`, vertical: 'OTHER' },
    commerce: { is_cart_enabled: true, is_catalog_visible: false },
    settings: {
      calling: { status: 'DISABLED', call_icon_visibility: 'DEFAULT' },
      storage_configuration: { status: 'default' },
      user_identity_change: { enabled: false },
    },
    automation: { enable_welcome_message: false, prompts: [], commands: [] },
    formKey: undefined,
    blocked: new Set(),
    codes: new Map(),
  };
}

/** Whether the number tells identity keys and refuses sends with a wrong one. */
export function checksIdentity({ settings }: NumberState): boolean {
  const setting = settings.user_identity_change;
  return typeof setting === 'object' && setting !== null && !Array.isArray(setting) && setting.enabled === true;
}

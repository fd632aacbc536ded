import type { JsonObject } from './json.js';
import { isJsonObject, present } from './json.js';
import type { SimulatedContact, SimulatedNumber } from './options.js';
import { digitsOf, metadataOf, profileOf, toTimestamp } from './webhook-body.js';

/** Whom a sample is about. */
export interface SampleView {
  number: SimulatedNumber;
  contact: SimulatedContact;
  /** the contact's number as the business is told it */
  waId: string | undefined;
  nowMs: number;
  /** major version of the webhook subscription: 23 to 26 */
  version: number;
  newWamid(): string;
}

export interface WebhookSample {
  /** what it tells, in a few words */
  label: string;
  field: string;
  /** `account` has a time and does not follow a number's own URL; `number` belongs to one business number */
  scope: 'account' | 'number';
  /** it is about a contact, and belongs to that chat */
  hasContact?: boolean;
  value(view: SampleView): JsonObject;
}

const TEMPLATE = {
  message_template_id: 1_689_556_908_129_832,
  message_template_name: 'order_ready',
  message_template_language: 'en_US',
} as const;

const template = (label: string, event: string, more: JsonObject = {}): WebhookSample => ({
  label,
  field: 'message_template_status_update',
  scope: 'account',
  value: () => ({ event, ...TEMPLATE, message_template_category: 'UTILITY', reason: 'NONE', ...more }),
});

const account = (
  label: string,
  event: string,
  value: (view: SampleView) => JsonObject = () => ({}),
): WebhookSample => ({
  label,
  field: 'account_update',
  scope: 'account',
  value: (view) => ({ event, ...value(view) }),
});

const seconds = (ms: number): number => Math.floor(ms / 1000);
const person = ({ waId, contact }: SampleView): JsonObject => present({ wa_id: waId, user_id: contact.bsuid });

const messages = (view: SampleView, more: JsonObject): JsonObject => ({
  messaging_product: 'whatsapp',
  metadata: metadataOf(view.number),
  ...more,
});

/** Conversation Routing: who has the chat from now on. */
const handover = (view: SampleView, type: 'control_passed' | 'control_taken', roles: JsonObject): JsonObject => ({
  sender: present({ phone_number: view.waId, user_id: view.contact.bsuid }),
  recipient: { phone_number_id: view.number.phoneNumberId, display_phone_number: view.number.displayPhoneNumber },
  timestamp: toTimestamp(view.nowMs),
  type,
  [type]: { ...roles, metadata: '' },
});

const group = (value: (view: SampleView) => JsonObject) => (view: SampleView) =>
  messages(view, { groups: [{ timestamp: toTimestamp(view.nowMs), group_id: 'Y2FwaV9ncm91cDox', ...value(view) }] });

/**
 * One example of each thing Meta tells beside messages and statuses: a new one is a new row. Values are complete, so that a
 * bot that reads one reads it as it would Meta's.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
 */
export const WEBHOOK_SAMPLES = {
  'account-alert': {
    label: 'A warning about the account',
    field: 'account_alerts',
    scope: 'account',
    value: ({ number }) => ({
      entity_type: 'PHONE_NUMBER',
      entity_id: number.phoneNumberId,
      alert_info: {
        alert_severity: 'WARNING',
        alert_status: 'ACTIVE',
        alert_type: 'INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED',
        alert_description: 'More conversations are needed before the limit can rise.',
      },
    }),
  },
  'account-approved': {
    label: 'The account passed its review',
    field: 'account_review_update',
    scope: 'account',
    value: () => ({ decision: 'APPROVED' }),
  },
  'account-violation': account('A violation of the policy', 'ACCOUNT_VIOLATION', () => ({
    violation_info: { violation_type: 'SPAM' },
  })),
  'account-restricted': account('Sending is restricted for a week', 'ACCOUNT_RESTRICTION', ({ nowMs }) => ({
    restriction_info: [
      { restriction_type: 'RESTRICTED_BIZ_INITIATED_MESSAGING', expiration: seconds(nowMs) + 7 * 86_400 },
    ],
  })),
  'account-disabled': account('The account is disabled', 'DISABLED_UPDATE', ({ nowMs }) => ({
    ban_info: { waba_ban_state: 'DISABLE', waba_ban_date: new Date(nowMs).toISOString().slice(0, 10) },
  })),
  'account-reinstated': account('The account is back', 'DISABLED_UPDATE', () => ({
    ban_info: { waba_ban_state: 'REINSTATE' },
  })),
  'account-deleted': account('The account is gone', 'ACCOUNT_DELETED'),
  'account-offboarded': account('The phone app left the Cloud API', 'ACCOUNT_OFFBOARDED'),
  'partner-removed': account('The app lost access', 'PARTNER_REMOVED', ({ number }) => ({
    waba_info: { waba_id: number.wabaId, owner_business_id: '300000000000001' },
  })),
  'price-tier': account('A price tier was reached', 'VOLUME_BASED_PRICING_TIER_UPDATE', () => ({
    volume_tier_info: {
      tier_update_time: 1_763_700_000,
      pricing_category: 'UTILITY',
      tier: '0:100000',
      effective_month: '2026-11',
      region: 'Portugal',
    },
  })),
  'account-settings': {
    label: 'Settings of the number were changed',
    field: 'account_settings_update',
    scope: 'number',
    value: ({ number, nowMs }) => ({
      messaging_product: 'whatsapp',
      timestamp: toTimestamp(nowMs),
      type: 'phone_number_settings',
      phone_number_settings: { phone_number_id: number.phoneNumberId, calling: { status: 'ENABLED' } },
    }),
  },
  'automatic-event': {
    label: 'A purchase was detected in an ad’s chat',
    field: 'automatic_events',
    scope: 'number',
    hasContact: true,
    value: (view) =>
      messages(view, {
        contacts: [profileOf(view.contact, view.waId)],
        automatic_events: [
          {
            id: view.newWamid(),
            event_name: 'Purchase',
            timestamp: seconds(view.nowMs),
            ctwa_clid: 'ARsampleClickId0001',
            custom_data: { currency: 'EUR', value: 25_000 },
          },
        ],
      }),
  },
  'tier-upgrade': {
    label: 'More people may be written to',
    field: 'business_capability_update',
    scope: 'account',
    // A number in older versions, a word in newer ones; the old name of it went in February 2026.
    value: ({ version }) =>
      version >= 25
        ? { max_daily_conversations_per_business: 'TIER_10K', max_phone_numbers_per_business: 20 }
        : { max_daily_conversation_per_phone: 10_000, max_phone_numbers_per_business: 20 },
  },
  'business-username': {
    label: 'The number has a username',
    field: 'business_username_updates',
    scope: 'number',
    value: ({ number }) => ({
      display_phone_number: digitsOf(number.displayPhoneNumber),
      username: 'casa.verde',
      status: 'approved',
    }),
  },
  call: {
    label: 'The contact calls',
    field: 'calls',
    scope: 'number',
    hasContact: true,
    value: (view) =>
      messages(view, {
        contacts: [profileOf(view.contact, view.waId)],
        calls: [
          present({
            id: view.newWamid().replace('wamid.', 'wacid.'),
            from: view.waId,
            from_user_id: view.contact.bsuid,
            to: digitsOf(view.number.displayPhoneNumber),
            event: 'connect',
            timestamp: toTimestamp(view.nowMs),
            direction: 'USER_INITIATED',
            session: { sdp_type: 'offer', sdp: 'v=0' },
          }),
        ],
      }),
  },
  'flow-status': {
    label: 'A form was published',
    field: 'flows',
    scope: 'account',
    value: () => ({
      event: 'FLOW_STATUS_CHANGE',
      message: 'The flow was published.',
      flow_id: '6627390910605886',
      old_status: 'DRAFT',
      new_status: 'PUBLISHED',
    }),
  },
  'group-created': {
    label: 'A group was made',
    field: 'group_lifecycle_update',
    scope: 'number',
    value: group(() => ({
      type: 'group_create',
      request_id: 'r1',
      subject: 'Bakers',
      invite_link: 'https://x.example/g',
    })),
  },
  'group-joined': {
    label: 'Somebody joined a group',
    field: 'group_participants_update',
    scope: 'number',
    value: group((view) => ({
      type: 'group_participants_add',
      reason: 'invite_link',
      added_participants: [person(view)],
    })),
  },
  'group-renamed': {
    label: 'A group was renamed',
    field: 'group_settings_update',
    scope: 'number',
    value: group(() => ({
      type: 'group_settings_update',
      group_subject: { text: 'Bakers of Lisbon', update_successful: true },
    })),
  },
  'group-suspended': {
    label: 'A group was suspended',
    field: 'group_status_update',
    scope: 'number',
    value: group(() => ({ type: 'group_suspend' })),
  },
  history: {
    label: 'Messages from before the Cloud API',
    field: 'history',
    scope: 'number',
    hasContact: true,
    value: (view) =>
      messages(view, {
        history: [
          {
            metadata: { phase: 0, chunk_order: 1, progress: 55 },
            threads: [
              {
                id: view.waId ?? view.contact.bsuid,
                messages: [
                  present({
                    from: view.waId,
                    from_user_id: view.contact.bsuid,
                    id: view.newWamid(),
                    timestamp: toTimestamp(view.nowMs - 86_400_000),
                    type: 'text',
                    text: { body: 'Are you open on Monday?' },
                    history_context: { status: 'READ' },
                  }),
                  {
                    from: digitsOf(view.number.displayPhoneNumber),
                    id: view.newWamid(),
                    timestamp: toTimestamp(view.nowMs - 86_000_000),
                    type: 'media_placeholder',
                    history_context: { status: 'DELIVERED' },
                  },
                ],
              },
            ],
          },
        ],
      }),
  },
  'history-declined': {
    label: 'No messages from before: the owner said no',
    field: 'history',
    scope: 'number',
    value: (view) =>
      messages(view, {
        history: [
          {
            errors: [
              {
                code: 2_593_109,
                title: 'History sync is turned off by the business from the WhatsApp Business App',
                message: 'History sync is turned off by the business from the WhatsApp Business App',
                error_data: { details: 'History sharing is turned off.' },
              },
            ],
          },
        ],
      }),
  },
  'link-click': {
    label: 'Somebody followed a link of an offer',
    field: 'messages',
    scope: 'number',
    value: (view) =>
      messages(view, {
        user_actions: [
          {
            timestamp: toTimestamp(view.nowMs),
            action_type: 'marketing_messages_link_click',
            marketing_messages_link_click_data: { tracking_token: 't1', click_id: 'c1' },
          },
        ],
      }),
  },
  'number-error': {
    label: 'An error that belongs to no message',
    field: 'messages',
    scope: 'number',
    value: (view) =>
      messages(view, {
        errors: [
          {
            code: 131_036,
            title: 'Retry receipt failed',
            message: 'Retry receipt failed',
            error_data: { details: 'The message is no longer stored.' },
          },
        ],
      }),
  },
  'template-approved': template('A template was approved', 'APPROVED'),
  'template-rejected': template('A template was rejected', 'REJECTED', {
    reason: 'INVALID_FORMAT',
    rejection_info: { reason: 'Variables stand at the end.', recommendation: 'Put words behind the last variable.' },
  }),
  'template-paused': template('A template was paused', 'PAUSED', {
    reason: null,
    other_info: { title: 'FIRST_PAUSE', description: 'It was rated low by those who got it.' },
  }),
  'template-disabled': template('A template was disabled', 'DISABLED', {
    reason: null,
    disable_info: { disable_date: '2026-11-21' },
  }),
  'template-quality': {
    label: 'A template is liked less',
    field: 'message_template_quality_update',
    scope: 'account',
    value: () => ({ previous_quality_score: 'GREEN', new_quality_score: 'YELLOW', ...TEMPLATE }),
  },
  'template-edited': {
    label: 'A template was edited',
    field: 'message_template_components_update',
    scope: 'account',
    value: () => ({
      ...TEMPLATE,
      message_template_element: 'Your order {{1}} is ready, see you soon.',
      message_template_footer: 'Casa Verde',
      message_template_buttons: [
        { message_template_button_type: 'QUICK_REPLY', message_template_button_text: 'On my way' },
      ],
    }),
  },
  'template-category': {
    label: 'A template moved to another category',
    field: 'template_category_update',
    scope: 'account',
    value: () => ({ ...TEMPLATE, previous_category: 'UTILITY', new_category: 'MARKETING' }),
  },
  'template-misused': {
    label: 'A template is in the wrong category',
    field: 'template_correct_category_detection',
    scope: 'account',
    value: () => ({ ...TEMPLATE, category: 'UTILITY', correct_category: 'MARKETING' }),
  },
  'handover-taken': {
    label: 'Another app took over the chat',
    field: 'messaging_handovers',
    scope: 'number',
    hasContact: true,
    value: (view) => handover(view, 'control_taken', { previous_owner_role: 'escalation', new_owner_role: 'human' }),
  },
  'handover-passed': {
    label: 'Another app gave the chat back',
    field: 'messaging_handovers',
    scope: 'number',
    hasContact: true,
    value: (view) => handover(view, 'control_passed', { previous_owner_role: 'human', new_owner_role: 'escalation' }),
  },
  standby: {
    label: 'A message in a chat another app owns',
    field: 'standby',
    scope: 'number',
    hasContact: true,
    value: (view) =>
      messages(view, {
        contacts: [profileOf(view.contact, view.waId)],
        messages: [
          present({
            from: view.waId,
            from_user_id: view.contact.bsuid,
            id: view.newWamid(),
            timestamp: toTimestamp(view.nowMs),
            type: 'text',
            text: { body: 'Is anybody there?' },
          }),
        ],
      }),
  },
  'partner-solution': {
    label: 'A partner’s solution changed',
    field: 'partner_solutions',
    scope: 'account',
    value: () => ({ event: 'SOLUTION_UPDATED', solution_id: '774485461512159', solution_status: 'ACTIVE' }),
  },
  payment: {
    label: 'Payments were set up',
    field: 'payment_configuration_update',
    scope: 'account',
    value: ({ nowMs }) => ({
      configuration_name: 'main',
      provider_name: 'razorpay',
      provider_mid: 'acc_1',
      status: 'Active',
      created_timestamp: seconds(nowMs),
      updated_timestamp: seconds(nowMs),
    }),
  },
  'name-approved': {
    label: 'The display name was approved',
    field: 'phone_number_name_update',
    scope: 'account',
    value: ({ number }) => ({
      display_phone_number: digitsOf(number.displayPhoneNumber),
      decision: 'APPROVED',
      requested_verified_name: number.name,
      rejection_reason: null,
    }),
  },
  'throughput-upgrade': {
    label: 'The number may send faster',
    field: 'phone_number_quality_update',
    scope: 'account',
    value: ({ number }) => ({
      display_phone_number: digitsOf(number.displayPhoneNumber),
      event: 'THROUGHPUT_UPGRADE',
      current_limit: 'TIER_UNLIMITED',
      max_daily_conversations_per_business: 'TIER_UNLIMITED',
    }),
  },
  'quality-flagged': {
    label: 'The number’s quality is low',
    field: 'phone_number_quality_update',
    scope: 'account',
    value: ({ number }) => ({
      display_phone_number: digitsOf(number.displayPhoneNumber),
      event: 'FLAGGED',
      old_limit: 'TIER_10K',
      current_limit: 'TIER_10K',
    }),
  },
  'pin-changed': {
    label: 'The two-step PIN was changed',
    field: 'security',
    scope: 'account',
    value: ({ number }) => ({
      display_phone_number: digitsOf(number.displayPhoneNumber),
      event: 'PIN_CHANGED',
      requester: '61555822107539',
    }),
  },
  'address-book': {
    label: 'The phone app’s address book changed',
    field: 'smb_app_state_sync',
    scope: 'number',
    hasContact: true,
    value: (view) =>
      messages(view, {
        state_sync: [
          {
            type: 'contact',
            contact: {
              full_name: view.contact.name,
              first_name: view.contact.name.split(' ')[0] ?? '',
              ...(view.waId === undefined ? {} : { phone_number: view.waId }),
            },
            action: 'add',
            metadata: { timestamp: toTimestamp(view.nowMs) },
          },
        ],
      }),
  },
  'unknown-field': {
    label: 'A field nobody has heard of',
    field: 'weather_update',
    scope: 'account',
    value: () => ({ event: 'RAIN', nested: [{ deep: true }] }),
  },
} as const satisfies { [id: string]: WebhookSample };

export type SampleId = keyof typeof WEBHOOK_SAMPLES;

export const SAMPLE_IDS = Object.keys(WEBHOOK_SAMPLES).filter(isSampleId);

export function isSampleId(id: string): id is SampleId {
  return Object.hasOwn(WEBHOOK_SAMPLES, id);
}

/** `over` put over `base`: objects key by key, all else replaced. */
export function overlay(base: JsonObject, over: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = Object.hasOwn(base, key) ? base[key] : undefined;
    merged[key] = isJsonObject(old) && isJsonObject(value) ? overlay(old, value) : value;
  }
  return merged;
}

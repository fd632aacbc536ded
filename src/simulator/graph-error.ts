import type { JsonObject } from './json.js';
import { present } from './json.js';

interface GraphErrorDefinition {
  httpStatus: number;
  title: string;
  type?: string;
}

/**
 * Meta's errors the double can give. Throttling is HTTP 400 at the Cloud API, not 429.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
const ERRORS: { [code: number]: GraphErrorDefinition } = {
  0: { httpStatus: 401, title: 'AuthException' },
  1: { httpStatus: 400, title: 'API Unknown' },
  2: { httpStatus: 503, title: 'API Service' },
  3: { httpStatus: 500, title: 'API Method' },
  4: { httpStatus: 400, title: 'API Too Many Calls' },
  10: { httpStatus: 403, title: 'Permission Denied' },
  15: { httpStatus: 400, title: 'This method must be called with an app access token' },
  33: { httpStatus: 400, title: 'Parameter value is not valid' },
  100: { httpStatus: 400, title: 'Invalid parameter' },
  104: { httpStatus: 401, title: 'An access token is required to request this resource.' },
  190: { httpStatus: 401, title: 'Invalid OAuth 2.0 Access Token' },
  200: { httpStatus: 403, title: 'API Permission' },
  368: { httpStatus: 403, title: 'Temporarily blocked for policies violations' },
  2200: { httpStatus: 400, title: 'Callback verification failed' },
  2500: { httpStatus: 400, title: 'Unknown path components' },
  80007: { httpStatus: 400, title: 'Rate limit issues' },
  130429: { httpStatus: 400, title: 'Rate limit hit' },
  130472: { httpStatus: 400, title: "User's number is part of an experiment" },
  130497: { httpStatus: 403, title: 'Business account is restricted from messaging users in this country' },
  131000: { httpStatus: 500, title: 'Something went wrong' },
  131005: { httpStatus: 403, title: 'Access denied' },
  131008: { httpStatus: 400, title: 'Required parameter is missing' },
  131009: { httpStatus: 400, title: 'Parameter value is not valid' },
  131016: { httpStatus: 500, title: 'Service unavailable' },
  131021: { httpStatus: 400, title: 'Recipient cannot be sender' },
  131026: { httpStatus: 400, title: 'Message undeliverable' },
  131030: { httpStatus: 400, title: 'Recipient phone number not in allowed list' },
  131031: { httpStatus: 403, title: 'Account has been locked' },
  131037: { httpStatus: 400, title: 'Display name approval required' },
  131042: { httpStatus: 400, title: 'Business eligibility payment issue' },
  131045: { httpStatus: 500, title: 'Incorrect certificate' },
  131047: { httpStatus: 400, title: 'Re-engagement message' },
  131048: { httpStatus: 400, title: 'Spam rate limit hit' },
  131049: { httpStatus: 400, title: 'Message not delivered to maintain a healthy ecosystem' },
  131050: { httpStatus: 400, title: 'User has stopped marketing messages' },
  131051: { httpStatus: 400, title: 'Unsupported message type' },
  131053: { httpStatus: 400, title: 'Media upload error' },
  131056: { httpStatus: 400, title: '(Business Account, Consumer Account) pair rate limit hit' },
  131057: { httpStatus: 500, title: 'Account in maintenance mode' },
  132000: { httpStatus: 400, title: 'Number of parameters does not match the expected number of params' },
  130403: { httpStatus: 400, title: 'User is blocked by the business' },
  131020: { httpStatus: 400, title: 'Invalid group' },
  131036: { httpStatus: 400, title: 'Retry receipt failed' },
  131041: { httpStatus: 400, title: 'Group is unknown' },
  131052: { httpStatus: 400, title: 'Media download error' },
  131055: { httpStatus: 400, title: 'Method not allowed' },
  131062: { httpStatus: 400, title: 'Business-scoped user id is not allowed for this message' },
  131063: { httpStatus: 400, title: 'Marketing messages are disabled on Cloud API' },
  131064: { httpStatus: 400, title: 'Limit reached by template misclassification' },
  132001: { httpStatus: 404, title: 'Template name does not exist in the translation' },
  132005: { httpStatus: 400, title: 'Translated text too long' },
  132007: { httpStatus: 400, title: 'Template format character policy violated' },
  132008: { httpStatus: 400, title: 'Template parameter value is not valid' },
  132012: { httpStatus: 400, title: 'Parameter format does not match format in the created template' },
  132015: { httpStatus: 400, title: 'Template is paused' },
  132016: { httpStatus: 400, title: 'Template is disabled' },
  132018: { httpStatus: 400, title: "There is an issue with the template's parameters" },
  132068: { httpStatus: 400, title: 'Flow is blocked' },
  132069: { httpStatus: 400, title: 'Flow is throttled' },
  133000: { httpStatus: 500, title: 'Incomplete deregistration' },
  133004: { httpStatus: 503, title: 'Server temporarily unavailable' },
  133005: { httpStatus: 400, title: 'Two-step verification PIN mismatch' },
  133006: { httpStatus: 400, title: 'Phone number re-verification needed' },
  133008: { httpStatus: 400, title: 'Too many two-step verification PIN guesses' },
  133009: { httpStatus: 400, title: 'Two-step verification PIN guessed too fast' },
  133010: { httpStatus: 400, title: 'Phone number not registered' },
  133015: { httpStatus: 400, title: 'Please wait a few minutes before attempting to register this phone number' },
  133016: { httpStatus: 400, title: 'Account register or deregister rate limit exceeded' },
  134011: { httpStatus: 400, title: 'Payments terms of service not accepted' },
  134100: { httpStatus: 400, title: 'Only marketing templates are supported' },
  134101: { httpStatus: 400, title: 'Template is syncing' },
  134102: { httpStatus: 500, title: 'Template unavailable for use' },
  135000: { httpStatus: 400, title: 'Generic user error' },
  136025: { httpStatus: 400, title: 'Verify code error' },
  137000: { httpStatus: 400, title: 'Recipient identity key hash mismatch' },
  139100: { httpStatus: 400, title: 'Failed to block/unblock some users' },
  139101: { httpStatus: 400, title: 'Blocklist limit reached' },
  139102: { httpStatus: 400, title: 'Blocklist concurrent update' },
  139103: { httpStatus: 400, title: 'Blocklist internal error' },
};

/** A refusal before it is spelled: the code decides the rest. */
export interface GraphFault {
  code: number;
  details: string;
  subcode?: number;
  /** `OAuthException` unless Meta uses another */
  type?: string;
  /** instead of what usually comes with the code */
  httpStatus?: number;
  /** `is_transient`, left out when it is not said */
  transient?: boolean;
  /** minutes until calls are let in again, for the usage header */
  regainMinutes?: number;
}

/**
 * The answer Graph gives for a fault. A code we do not know is an HTTP 400.
 *
 * @param traceId Meta's `fbtrace_id`
 */
export function toGraphError(fault: GraphFault, traceId: string): { status: number; body: JsonObject } {
  const { httpStatus, title } = ERRORS[fault.code] ?? { httpStatus: 400, title: 'Unknown error' };
  const body = {
    error: present({
      is_transient: fault.transient,
      message: `(#${fault.code}) ${title}`,
      type: fault.type ?? 'OAuthException',
      code: fault.code,
      error_subcode: fault.subcode,
      error_data: { messaging_product: 'whatsapp', details: fault.details },
      fbtrace_id: traceId,
    }),
  };
  return { status: fault.httpStatus ?? httpStatus, body };
}

/** An error as it stands inside an answer, for one of many. */
export function toErrorBody({ code, details }: Pick<GraphFault, 'code' | 'details'>): JsonObject {
  return { message: `(#${code}) ${titleOf(code)}`, code, error_data: { details } };
}

/** The same error as a `failed` status carries it in `errors[]`. */
export function toStatusError(code: number): JsonObject {
  const title = titleOf(code);
  return {
    code,
    title,
    message: title,
    error_data: { details: `${title}. The simulator was asked to fail this message.` },
    href: 'https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes',
  };
}

export function titleOf(code: number): string {
  return ERRORS[code]?.title ?? 'Unknown error';
}

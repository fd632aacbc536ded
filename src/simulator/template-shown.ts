import type { JsonObject } from './json.js';
import { at, isJsonObject, present, stringAt } from './json.js';
import type { Component } from './template-parts.js';
import { buttonsOf, componentOf, fillOfButton, listAt, parameterOf, typeOf } from './template-parts.js';

/** What a contact sees of a template: the page draws it as WhatsApp would. */
export type ShownTemplate = JsonObject;

/** The texts of a template, or of one of its cards, with what fills their gaps; left out where there is none. */
export interface FilledTexts {
  header?: string;
  body?: string;
}

/**
 * The face of a template, or of one of its cards.
 *
 * @param given the components of the send, or of its card
 */
export function shownFace(
  components: readonly Component[],
  given: readonly Component[],
  texts: FilledTexts,
): ShownTemplate {
  const media = parameterOf(componentOf(given, 'HEADER'));
  const buttons = buttonsOf(components).map((button, index) => shownButton(button, fillOfButton(given, index)));
  return present({
    header: texts.header ?? (media?.type === 'text' ? undefined : media),
    body: texts.body,
    offer: shownOffer(components, given),
    footer: shownFooter(componentOf(components, 'FOOTER')),
    buttons: buttons.length === 0 ? undefined : buttons,
    asksToCall: componentOf(components, 'CALL_PERMISSION_REQUEST') === undefined ? undefined : true,
  });
}

/** What Meta writes itself where a template with a code has no text of its own. */
export function codeText(body: Component, code: string): string {
  const advice = at(body, 'add_security_recommendation') === true ? ' For your security, do not share this code.' : '';
  return `*${code}* is your verification code.${advice}`;
}

const USUAL_TITLES: { readonly [type: string]: string } = { COPY_CODE: 'Copy code', OTP: 'Copy code' };

function shownButton(button: JsonObject, fill: Component | undefined): JsonObject {
  const type = typeOf(button);
  const parameter = parameterOf(fill);
  const value = stringAt(parameter, 'payload') ?? stringAt(parameter, 'text') ?? stringAt(parameter, 'coupon_code');
  const url = stringAt(button, 'url')?.replace(/\{\{[^{}]*\}\}/, value ?? '');
  const text = stringAt(button, 'text') ?? (Object.hasOwn(USUAL_TITLES, type) ? USUAL_TITLES[type] : type);
  const action = at(parameter, 'action');
  return present({
    type,
    text,
    url,
    // A quick reply without a payload gives its own text back.
    payload: value ?? text,
    phone_number: button.phone_number,
    action: isJsonObject(action) ? action : undefined,
  });
}

/** A reduction that ends: its words, and until when in epoch ms. */
function shownOffer(components: readonly Component[], given: readonly Component[]): JsonObject | undefined {
  const offer = componentOf(components, 'LIMITED_TIME_OFFER');
  if (offer === undefined) return undefined;
  const [parameter] = listAt(componentOf(given, 'LIMITED_TIME_OFFER'), 'parameters');
  const untilMs = at(parameter, 'limited_time_offer', 'expiration_time_ms');
  return present({
    text: stringAt(offer, 'limited_time_offer', 'text'),
    untilMs: typeof untilMs === 'number' ? untilMs : undefined,
  });
}

function shownFooter(footer: Component | undefined): string | undefined {
  const minutes = at(footer, 'code_expiration_minutes');
  return stringAt(footer, 'text') ?? (typeof minutes === 'number' ? `Expires in ${minutes} minutes.` : undefined);
}

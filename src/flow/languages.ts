import type { JsonObject } from '../shared/json.js';
import { baseLanguage } from './words.js';

export const FALLBACK_LANGUAGE = 'en';

/** BCP 47: what the contact chose, then the endpoint's; only what Node knows how to format. */
export function languagesOf(profile: JsonObject, locale: string): string[] {
  const own = Object.hasOwn(profile, 'language') ? profile.language : undefined;
  const languages = [typeof own === 'string' ? canonical(own) : undefined, canonical(locale)];
  return languages.filter((language) => language !== undefined);
}

/** A contact's `de` at an endpoint for `de-AT` has dates as in Austria. */
export function formattingLocale([first = FALLBACK_LANGUAGE, ...others]: readonly string[]): string {
  return others.find((other) => !first.includes('-') && baseLanguage(other) === first) ?? first;
}

function canonical(language: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(language.replaceAll('_', '-').slice(0, 35))[0];
  } catch {
    return undefined;
  }
}

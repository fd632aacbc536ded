import { createRequire } from 'node:module';

/** Longer texts are no answers but stories. UTF-16 units. */
const MAX_ANSWER = 200;

type Library = typeof import('libphonenumber-js/min');

let loaded: Library | undefined;

/** Loaded with the first question that needs it: most bots ask for no number, and it costs 2.5 MB. */
function library(): Library {
  loaded ??= createRequire(import.meta.url)('libphonenumber-js/min') as Library;
  return loaded;
}

/**
 * The one phone number in an answer in E.164, `+4930123456`: written with its country's code, or as people of `country`
 * write it.
 *
 * @param country ISO 3166, as `DE`
 */
export function readPhone(text: string, country: string): string | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const { findPhoneNumbersInText, isSupportedCountry } = library();
  const [found, second] = findPhoneNumbersInText(text, isSupportedCountry(country) ? { defaultCountry: country } : {});
  return second === undefined ? found?.number.number : undefined;
}

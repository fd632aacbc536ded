/** The country of a locale: its own, or where most of its language's people live. @returns ISO 3166, '' when unknown */
export function countryOf(locale: string): string {
  try {
    return new Intl.Locale(locale).maximize().region ?? '';
  } catch {
    return '';
  }
}

import { fold } from '../words.js';
import { readNumber } from './answers.js';

/** Longer texts are no answers but stories. UTF-16 units. */
const MAX_ANSWER = 200;

/** Longest first: `R$` is no `$`. A sign several countries use is the money of the contact's country if that is among them. */
const SIGNS: readonly (readonly [sign: string, currencies: readonly [string, ...string[]]])[] = [
  ['R$', ['BRL']],
  ['US$', ['USD']],
  ['zł', ['PLN']],
  ['Kč', ['CZK']],
  ['Fr.', ['CHF']],
  ['€', ['EUR']],
  ['£', ['GBP']],
  ['¥', ['JPY', 'CNY']],
  ['₹', ['INR']],
  ['₺', ['TRY']],
  ['₽', ['RUB']],
  ['₩', ['KRW']],
  ['₪', ['ILS']],
  ['₦', ['NGN']],
  ['₫', ['VND']],
  ['₱', ['PHP']],
  ['$', ['USD', 'CAD', 'AUD', 'NZD', 'MXN', 'ARS', 'CLP', 'COP', 'SGD', 'HKD']],
];

/** Folded words, in any language; what several countries call theirs, as with signs. */
const NAMES: readonly (readonly [name: string, currencies: readonly [string, ...string[]]])[] = [
  ['euros?', ['EUR']],
  ['(?:us )?dollars?|dolar(?:es)?|dollari|dollaro', ['USD', 'CAD', 'AUD', 'NZD', 'SGD', 'HKD']],
  ['bucks?', ['USD', 'CAD', 'AUD', 'NZD']],
  ['pounds?|quid|pfund|livres?|libras?|sterlin[ae]|pond', ['GBP']],
  ['franken|francs?|franchi', ['CHF']],
  ['pesos?', ['MXN', 'ARS', 'CLP', 'COP', 'PHP', 'UYU', 'DOP']],
  ['reais|real', ['BRL']],
  ['rupees?|rupien?|rupias?', ['INR']],
  ['yen', ['JPY']],
  ['yuan', ['CNY']],
  ['lira', ['TRY']],
  ['zloty(?:ch|s)?', ['PLN']],
  ['kron(?:e|en|er|or|a)', ['SEK', 'NOK', 'DKK']],
];

/** The money of a country, of those that write to bots most; elsewhere a flow says `currency`. */
const OF_COUNTRY: { readonly [country: string]: string } = {
  ...Object.fromEntries(
    'AT BE BG HR CY DE EE ES FI FR GR IE IT LT LU LV MT NL PT SI SK'.split(' ').map((country) => [country, 'EUR']),
  ),
  ...{ US: 'USD', CA: 'CAD', MX: 'MXN', BR: 'BRL', AR: 'ARS', CL: 'CLP', CO: 'COP', PE: 'PEN', UY: 'UYU', DO: 'DOP' },
  ...{ GB: 'GBP', CH: 'CHF', LI: 'CHF', SE: 'SEK', NO: 'NOK', DK: 'DKK', PL: 'PLN', CZ: 'CZK', HU: 'HUF', RO: 'RON' },
  ...{ TR: 'TRY', RU: 'RUB', UA: 'UAH', IL: 'ILS', AE: 'AED', SA: 'SAR', EG: 'EGP', MA: 'MAD', ZA: 'ZAR', NG: 'NGN' },
  ...{ KE: 'KES', IN: 'INR', PK: 'PKR', BD: 'BDT', ID: 'IDR', MY: 'MYR', SG: 'SGD', TH: 'THB', VN: 'VND', PH: 'PHP' },
  ...{ JP: 'JPY', CN: 'CNY', KR: 'KRW', HK: 'HKD', TW: 'TWD', AU: 'AUD', NZ: 'NZD' },
};

const codes: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Whether this is a currency's code, as `EUR`. */
export function isCurrency(code: string): boolean {
  return codes.has(code);
}

export interface Money {
  amount: number;
  /** ISO 4217, or null when neither the contact nor the country says it */
  currency: string | null;
}

/**
 * The one sum of money in an answer: `4,80 €`, `$5`, `20 dollars`, `EUR 12.50`, `R$ 1.234,50`, or a number alone.
 *
 * @param country ISO 3166, as `DE`: whose dollars, pesos or crowns are meant
 * @param usual the flow's currency for a number alone; without it the country's
 * @returns undefined when there is no number, or more than one, or two currencies
 */
export function readMoney(
  text: string,
  language: string,
  country: string,
  usual: string | undefined,
): Money | undefined {
  if (text.length > MAX_ANSWER) return undefined;
  const own = usual ?? (Object.hasOwn(OF_COUNTRY, country) ? OF_COUNTRY[country] : undefined);
  const { rest, named } = takeCurrencies(text, own);
  const amount = readNumber(rest, language);
  if (amount === undefined || named.size > 1) return undefined;
  const [currency = own ?? null] = named;
  return { amount, currency };
}

/** What is left of a text without its signs, codes and names of money. */
function takeCurrencies(text: string, own: string | undefined): { rest: string; named: Set<string> } {
  const named = new Set<string>();
  const choose = (currencies: readonly [string, ...string[]]) => {
    named.add(own !== undefined && currencies.includes(own) ? own : currencies[0]);
    return ' ';
  };
  let rest = text;
  for (const [sign, currencies] of SIGNS) {
    if (!rest.includes(sign)) continue;
    rest = rest.replaceAll(sign, () => choose(currencies));
  }
  // Capitals only: `all` and `top` are codes, too.
  rest = rest.replace(/(?<!\p{L})\p{Lu}{3}(?!\p{L})/gu, (code) => (isCurrency(code) ? choose([code]) : code));
  rest = rest.replace(/\p{L}[\p{L}\p{M}]*/gu, (word) => {
    const name = fold(word);
    const known = NAMES.find(([pattern]) => new RegExp(`^(?:${pattern})$`).test(name));
    return known === undefined ? word : choose(known[1]);
  });
  return { rest, named };
}

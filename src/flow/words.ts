/** What an answer may be made of, in one language. Adding a language is adding an entry. */
export interface Words {
  yes: readonly string[];
  no: readonly string[];
  /** what stands before the decimals: `3,5` or `3.5` */
  decimal: ',' | '.';
  /** zero to twelve */
  numbers: readonly string[];
  /** what opens a list, 20 characters at most */
  choose: string;
  /** titles of buttons, 20 characters at most */
  yesTitle: string;
  noTitle: string;
  /** asks whether an answer was understood; `input.result` is the answer */
  didYouMean: string;
  /** the row that turns to the next page of a long list, 24 at most */
  more: string;
  /** a button that opens a link nobody named, 20 at most */
  open: string;
}

/** Words are folded as `fold` does: lower case, no accents, no punctuation. */
export const WORDS: { readonly [language: string]: Words } = {
  en: {
    yes: [
      'yes',
      'y',
      'yeah',
      'yep',
      'yup',
      'sure',
      'of course',
      'ok',
      'okay',
      'correct',
      'right',
      'true',
      'please do',
      'absolutely',
    ],
    no: ['no', 'n', 'nope', 'nah', 'not', 'never', 'wrong', 'false', 'no thanks', 'no thank you', 'dont'],
    decimal: '.',
    numbers: [
      'zero',
      'one',
      'two',
      'three',
      'four',
      'five',
      'six',
      'seven',
      'eight',
      'nine',
      'ten',
      'eleven',
      'twelve',
    ],
    choose: 'Choose',
    yesTitle: 'Yes',
    noTitle: 'No',
    didYouMean: 'Did you mean *{{ input.result }}*?',
    more: 'More…',
    open: 'Open',
  },
  de: {
    yes: [
      'ja',
      'j',
      'jo',
      'jep',
      'jawohl',
      'klar',
      'na klar',
      'gerne',
      'genau',
      'richtig',
      'stimmt',
      'naturlich',
      'selbstverstandlich',
      'passt',
    ],
    no: ['nein', 'ne', 'nee', 'no', 'nicht', 'falsch', 'niemals', 'auf keinen fall', 'lieber nicht'],
    decimal: ',',
    numbers: [
      'null',
      'eins',
      'zwei',
      'drei',
      'vier',
      'funf',
      'sechs',
      'sieben',
      'acht',
      'neun',
      'zehn',
      'elf',
      'zwolf',
    ],
    choose: 'Auswählen',
    yesTitle: 'Ja',
    noTitle: 'Nein',
    didYouMean: 'Meintest du *{{ input.result }}*?',
    more: 'Mehr…',
    open: 'Öffnen',
  },
  fr: {
    yes: ['oui', 'ouais', 'bien sur', 'daccord', 'exact', 'volontiers'],
    no: ['non', 'pas du tout', 'jamais'],
    decimal: ',',
    numbers: ['zero', 'un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf', 'dix', 'onze', 'douze'],
    choose: 'Choisir',
    yesTitle: 'Oui',
    noTitle: 'Non',
    didYouMean: 'Vouliez-vous dire *{{ input.result }}* ?',
    more: 'Plus…',
    open: 'Ouvrir',
  },
  es: {
    yes: ['si', 'claro', 'vale', 'por supuesto', 'correcto'],
    no: ['no', 'nunca', 'para nada'],
    decimal: ',',
    numbers: [
      'cero',
      'uno',
      'dos',
      'tres',
      'cuatro',
      'cinco',
      'seis',
      'siete',
      'ocho',
      'nueve',
      'diez',
      'once',
      'doce',
    ],
    choose: 'Elegir',
    yesTitle: 'Sí',
    noTitle: 'No',
    didYouMean: '¿Has querido decir *{{ input.result }}*?',
    more: 'Más…',
    open: 'Abrir',
  },
  it: {
    yes: ['si', 'certo', 'va bene', 'esatto', 'volentieri'],
    no: ['no', 'mai', 'per niente'],
    decimal: ',',
    numbers: [
      'zero',
      'uno',
      'due',
      'tre',
      'quattro',
      'cinque',
      'sei',
      'sette',
      'otto',
      'nove',
      'dieci',
      'undici',
      'dodici',
    ],
    choose: 'Scegli',
    yesTitle: 'Sì',
    noTitle: 'No',
    didYouMean: 'Intendevi *{{ input.result }}*?',
    more: 'Altro…',
    open: 'Apri',
  },
  pt: {
    yes: ['sim', 'claro', 'com certeza', 'isso', 'correto'],
    no: ['nao', 'nunca', 'de jeito nenhum'],
    decimal: ',',
    numbers: ['zero', 'um', 'dois', 'tres', 'quatro', 'cinco', 'seis', 'sete', 'oito', 'nove', 'dez', 'onze', 'doze'],
    choose: 'Escolher',
    yesTitle: 'Sim',
    noTitle: 'Não',
    didYouMean: 'Quis dizer *{{ input.result }}*?',
    more: 'Mais…',
    open: 'Abrir',
  },
  nl: {
    yes: ['ja', 'jazeker', 'zeker', 'natuurlijk', 'graag', 'klopt'],
    no: ['nee', 'neen', 'nooit', 'niet'],
    decimal: ',',
    numbers: ['nul', 'een', 'twee', 'drie', 'vier', 'vijf', 'zes', 'zeven', 'acht', 'negen', 'tien', 'elf', 'twaalf'],
    choose: 'Kiezen',
    yesTitle: 'Ja',
    noTitle: 'Nee',
    didYouMean: 'Bedoelde je *{{ input.result }}*?',
    more: 'Meer…',
    open: 'Openen',
  },
};

/**
 * The words of a language, English for one we have none of.
 *
 * @param language BCP 47; a contact's own, so it may be anything
 */
export function wordsOf(language: string): Words {
  const base = baseLanguage(language);
  return (Object.hasOwn(WORDS, base) ? WORDS[base] : undefined) ?? ENGLISH;
}

const ENGLISH: Words = {
  yes: [],
  no: [],
  decimal: '.',
  numbers: [],
  choose: 'Choose',
  yesTitle: 'Yes',
  noTitle: 'No',
  didYouMean: 'Did you mean *{{ input.result }}*?',
  more: 'More…',
  open: 'Open',
  ...WORDS.en,
};

/** `de` of `de-AT`. */
export function baseLanguage(language: string): string {
  return language.toLowerCase().split(/[-_]/)[0] ?? '';
}

/** What two spellings of the same words have in common: lower case, no accents, no punctuation, single spaces. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\p{M}'’]/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

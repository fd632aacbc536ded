import type { ButtonNeed, CardShape, TemplateShape } from '../../cloud-api/template-shape.js';
import { literalText } from '../expressions/template.js';
import type { MessageFields } from '../messages/message.js';
import { Message } from '../messages/message.js';
import type { TemplateFields } from '../messages/template-message.js';
import { didYouMean, type Problem } from '../reading/finding.js';
import { flowsFrom, flowsNamed, type Start } from './starts.js';
import type { Check, Survey } from './survey.js';

type Path = readonly PropertyKey[];

/** An account's templates, as Meta tells of them. */
export interface KnownTemplates {
  /** where conversations with the account's numbers begin */
  starts: readonly Start[];
  templates: readonly TemplateShape[];
}

/**
 * Template messages against the templates of the accounts that send them: the name in its language, whether Meta sends it now,
 * and whether what it asks for is given. A flow that no account's conversations come to may be anybody's: there a message is
 * wrong when it is for all accounts. What depends on values is left alone.
 */
export function knownTemplates(accounts: readonly KnownTemplates[]): Check {
  return (survey, report) => {
    const named = flowsNamed(survey);
    const reached = accounts.map((account) => ({ ...account, flows: flowsFrom(account.starts, named) }));
    for (const { flow, fields, path } of templateMessages(survey)) {
      const senders = reached.filter(({ flows }) => flows.has(flow.name));
      const found = (senders.length > 0 ? senders : reached).map(({ templates }) =>
        templateProblems(fields, templates, path),
      );
      const isWrong = senders.length > 0 || found.every((problems) => problems.length > 0);
      for (const problem of isWrong ? worstOf(found) : []) report(flow, problem);
    }
  };
}

/** What one account has against a message is said once: the next would say the same. */
function worstOf(found: readonly Problem[][]): readonly Problem[] {
  const withError = found.find((problems) => problems.some(({ severity }) => severity === undefined));
  return withError ?? found.find((problems) => problems.length > 0) ?? [];
}

function templateMessages({ parts }: Survey) {
  return parts.flatMap(({ flow, found }) =>
    found.flatMap(({ thing, path }) =>
      thing instanceof Message ? templatesIn(thing.fields, path).map((one) => ({ flow, ...one })) : [],
    ),
  );
}

function templatesIn({ template, outsideWindow }: MessageFields, path: Path): { fields: TemplateFields; path: Path }[] {
  const instead = typeof outsideWindow === 'object' ? outsideWindow.template : undefined;
  return [
    ...(template === undefined ? [] : [{ fields: template, path: [...path, 'template'] }]),
    ...(instead === undefined ? [] : [{ fields: instead, path: [...path, 'outsideWindow', 'template'] }]),
  ];
}

function templateProblems(fields: TemplateFields, templates: readonly TemplateShape[], path: Path): Problem[] {
  const name = literalText(fields.name);
  if (name === undefined) return [];
  const called = templates.filter((template) => template.name === name);
  if (called.length === 0) {
    const hint =
      didYouMean(name, new Set(templates.map((template) => template.name))) ??
      '`parlance templates` lists those it has';
    return [
      { code: 'unknown-template', path: [...path, 'name'], message: `the account has no template \`${name}\``, hint },
    ];
  }
  const language = literalText(fields.language);
  const meant = language === undefined ? called : called.filter((template) => template.language === language);
  if (meant.length === 0) {
    const hint = `it is there in ${called.map((template) => template.language).join(', ')}`;
    const message = `the account has no template \`${name}\` in \`${language}\``;
    return [{ code: 'unknown-template', path: [...path, 'language'], message, hint }];
  }
  // In which language it goes out only the turn knows: what is wrong in all of them is wrong.
  const found = meant.map((template) => [...statusProblems(template, path), ...fitProblems(fields, template, path)]);
  return found.every((problems) => problems.length > 0) ? (found[0] ?? []) : [];
}

function statusProblems({ name, status }: TemplateShape, path: Path): Problem[] {
  if (status === 'APPROVED') return [];
  const message = `Meta has the template \`${name}\` as ${status}`;
  const hint = STATUS_HINTS[status] ?? 'Meta sends what is APPROVED';
  return [{ code: 'template-not-approved', path: [...path, 'name'], message, hint, severity: 'warning' }];
}

const STATUS_HINTS: { readonly [status: string]: string } = {
  PENDING: 'Meta sends it once it is approved',
  IN_APPEAL: 'Meta sends it once it is approved',
  PAUSED: 'too many people complained: Meta sends it again after some hours, or change it',
  DISABLED: 'Meta sends it no more: make another one',
  REJECTED: 'change it in the WhatsApp Manager, or make another one',
};

function fitProblems(fields: TemplateFields, template: TemplateShape, path: Path): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (at, message, hint, key = false) => {
    problems.push({ code: 'template-parameters', path: at, key, message, ...(hint === undefined ? {} : { hint }) });
  };
  const { name, says } = template;
  partProblems(fields, { ...template, called: `\`${name}\``, titles: says?.buttons ?? [] }, path, add);
  offerProblems(fields, template, path, add);
  cardProblems(fields, template, path, add);
  return problems;
}

/** A template but for its cards, or one of its cards; `called` as findings name it. */
interface Part extends CardShape {
  called: string;
  isNamed: boolean;
  /** of its buttons, as far as they are known */
  titles: readonly string[];
}

type PartFields = Pick<TemplateFields, 'header' | 'body' | 'buttons'>;

function partProblems(fields: PartFields, part: Part, path: Path, add: Add): void {
  headerProblems(fields, part, path, add);
  bodyProblems(fields, part, path, add);
  buttonProblems(fields, part, path, add);
}

function offerProblems({ offerEnds }: TemplateFields, { name, offer }: TemplateShape, path: Path, add: Add): void {
  if (offer === undefined && offerEnds !== undefined) {
    add([...path, 'offerEnds'], `\`${name}\` has no limited-time offer`, 'leave out `offerEnds`', true);
  } else if (offer === 'ends' && offerEnds === undefined) {
    add(path, `\`${name}\` needs to know when its offer ends`, 'write offerEnds: "2026-12-24T18:00:00Z"');
  }
}

function cardProblems(
  { cards = [] }: TemplateFields,
  { name, isNamed, ...shape }: TemplateShape,
  path: Path,
  add: Add,
) {
  const at = [...path, 'cards'];
  if (shape.cards === undefined) {
    if (cards.length > 0) add(at, `\`${name}\` has no cards`, 'leave out `cards`', true);
    return;
  }
  if (cards.length !== shape.cards) {
    const given = cards.length === 0 ? 'none is given' : `${cards.length} ${isOrAre(cards.length)} given`;
    add(cards.length === 0 ? path : at, `\`${name}\` has ${shape.cards} cards, ${given}`);
    return;
  }
  shape.eachCard?.forEach((card, i) => {
    const part = { ...card, called: `card ${i} of \`${name}\``, isNamed, titles: [] };
    partProblems(cards[i] ?? {}, part, [...at, i], add);
  });
}

/** @param key whether it is the key that is wrong */
type Add = (at: Path, message: string, hint?: string, key?: boolean) => void;

const HEADER_KINDS = ['text', 'image', 'video', 'document', 'location', 'product'] as const;

function headerProblems({ header }: PartFields, { called, header: need, isNamed }: Part, path: Path, add: Add) {
  const at = [...path, 'header'];
  const given = header && HEADER_KINDS.find((kind) => header[kind] !== undefined);
  if (need === undefined) {
    if (given !== undefined) add(at, `the header of ${called} takes no value`, 'leave out `header`');
    return;
  }
  if (given === undefined) {
    const what = need.kind === 'text' ? 'a text for the gap in its header' : `${withArticle(need.kind)} in its header`;
    add(path, `${called} needs ${what}`, `write header: ${HEADER_EXAMPLES[need.kind]}`);
    return;
  }
  if (given !== need.kind) {
    const message = `the header of ${called} is ${withArticle(need.kind)}, not ${withArticle(given)}`;
    add(given === 'text' ? at : [...at, given], message, `write header: ${HEADER_EXAMPLES[need.kind]}`);
    return;
  }
  if (need.kind !== 'text') return;
  const [gap = ''] = need.gaps;
  if (isNamed && header?.name === undefined) {
    add(at, `the gap in the header of ${called} has a name`, `write header: { name: ${gap}, text: … }`);
  } else if (isNamed && header?.name !== gap) {
    const hint = didYouMean(header?.name ?? '', [gap]) ?? `it has \`${gap}\``;
    add([...at, 'name'], `the header of ${called} has no gap \`${header?.name}\``, hint);
  } else if (!isNamed && header?.name !== undefined) {
    add([...at, 'name'], `the gap in the header of ${called} has no name`, 'leave out `name`');
  }
}

const HEADER_EXAMPLES = {
  text: '"…"',
  image: '{ image: { link: "https://…" } }',
  video: '{ video: { link: "https://…" } }',
  document: '{ document: { link: "https://…", filename: … } }',
  location: '{ location: { latitude: …, longitude: … } }',
  product: '{ product: { catalog: …, id: … } }',
};

function bodyProblems({ body = [] }: PartFields, { called, body: gaps, isNamed }: Part, path: Path, add: Add) {
  const at = body.length === 0 ? path : [...path, 'body'];
  if (gaps.length === 0) {
    if (body.length > 0) add(at, `the body of ${called} has no gaps`, 'leave out `body`');
    return;
  }
  if (isNamed !== body.every((one) => one.name !== undefined) && body.length > 0) {
    const hint = isNamed ? `write body: { ${gaps.map((gap) => `${gap}: …`).join(', ')} }` : 'write a list: body: [ … ]';
    add(at, isNamed ? `the gaps of ${called} have names` : `the gaps of ${called} have no names`, hint);
    return;
  }
  if (!isNamed) {
    if (body.length < gaps.length) {
      const given = body.length === 0 ? 'none is given' : `${body.length} ${isOrAre(body.length)} given`;
      add(at, `${called} has ${gapWords(gaps.length)} in its body, ${given}`, bodyHint(gaps));
    }
    if (body.length > gaps.length)
      add([...at, gaps.length], `${called} has ${gapWords(gaps.length)} in its body, ${body.length} values are given`);
    return;
  }
  const names = body.flatMap((one) => one.name ?? []);
  const missing = gaps.filter((gap) => !names.includes(gap));
  const foreign = names.filter((one) => !gaps.includes(one));
  const meant = new Set<string>();
  for (const one of foreign) {
    const near = didYouMean(one, missing);
    for (const gap of missing) if (near?.includes(`\`${gap}\``)) meant.add(gap);
    add([...at, one], `${called} has no gap \`${one}\``, near ?? `it has ${gaps.join(', ')}`, true);
  }
  // Names that stand in for as many gaps are one mistake each, not two.
  const forgotten = missing.length <= foreign.length ? [] : missing.filter((gap) => !meant.has(gap));
  if (forgotten.length > 0)
    add(at, `${called} needs ${forgotten.map((gap) => `\`${gap}\``).join(' and ')} in its body`);
}

function bodyHint(gaps: readonly string[]): string {
  return `write body: [ ${gaps.map(() => '…').join(', ')} ]`;
}

/** How a button of each kind is given what it asks for. */
const BUTTON_KEYS = {
  address: 'url',
  code: 'code',
  reply: 'payload',
  flow: 'flow',
  catalog: 'catalog',
  products: 'products',
} as const;
const KEYS = Object.values(BUTTON_KEYS);

const keyFor = (need: ButtonNeed) => (need === 'nothing' || need === 'maybe' ? undefined : BUTTON_KEYS[need]);

function buttonProblems({ buttons = [] }: PartFields, { called, buttons: needs, titles }: Part, path: Path, add: Add) {
  const at = [...path, 'buttons'];
  const given = new Set<number>();
  buttons.forEach((button, position) => {
    const index = button.index === undefined ? position : Number(button.index);
    const need = needs[index];
    given.add(index);
    const title = titles[index];
    const which = `button ${index} of ${called}${title === undefined || title === '' ? '' : ` (“${title}”)`}`;
    if (need === undefined) {
      const has = needs.length === 0 ? 'no buttons' : `${needs.length} ${needs.length === 1 ? 'button' : 'buttons'}`;
      const hint =
        needs.length === 0 ? 'leave out `buttons`' : 'they are counted from 0; `index` says which one is meant';
      add([...at, position], `${called} has ${has}`, hint);
      return;
    }
    const key = keyFor(need);
    const wrong = KEYS.find((one) => button[one] !== undefined && one !== key);
    if (need === 'nothing') {
      add([...at, position], `${which} takes no value`, 'leave it out, and give the others their `index`');
    } else if (key !== undefined && wrong !== undefined) {
      add([...at, position, wrong], `${which} is of another kind`, `write ${key}: …`);
    }
  });
  needs.forEach((need, index) => {
    if (given.has(index) || (need !== 'address' && need !== 'code' && need !== 'products')) return;
    const what = need === 'address' ? 'the end of the address of' : `the ${need} of`;
    const title = titles[index];
    const which = `button ${index}${title === undefined || title === '' ? '' : ` (“${title}”)`}`;
    const hint = `write buttons: [{ index: ${index}, ${BUTTON_KEYS[need]}: … }]`;
    add(buttons.length === 0 ? path : at, `${called} needs ${what} ${which}`, hint);
  });
}

const gapWords = (count: number): string => `${count} ${count === 1 ? 'gap' : 'gaps'}`;
const isOrAre = (count: number): string => (count === 1 ? 'is' : 'are');
const withArticle = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;

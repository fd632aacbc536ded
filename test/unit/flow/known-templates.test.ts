import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { templateFault } from '../../../src/cloud-api/template-fit.js';
import { readTemplateShape, type TemplateShape } from '../../../src/cloud-api/template-shape.js';
import { toWireTemplate } from '../../../src/cloud-api/template-to-wire.js';
import { checkWith } from '../../../src/flow/checks/check.js';
import { type KnownTemplates, knownTemplates } from '../../../src/flow/checks/known-templates.js';
import { loadFlows } from '../../../src/flow/load.js';
import type { JsonObject } from '../../../src/shared/json.js';
import type { TemplateMessage } from '../../../src/shared/message.js';
import { flowFiles, talkTo } from './talk.js';

function shape(name: string, components: JsonObject[], other: JsonObject = {}): TemplateShape {
  const read = readTemplateShape({
    name,
    language: 'pt_PT',
    status: 'APPROVED',
    category: 'UTILITY',
    components,
    ...other,
  });
  if (read === undefined) throw new Error('no shape');
  return read;
}

const BODY = { type: 'BODY', text: 'Hello {{1}}, {{2}} is ready.' };
const NAMED = { parameter_format: 'NAMED' };
const TEMPLATES = [
  shape('pickup_ready', [BODY]),
  shape('pickup_ready', [BODY], { language: 'en' }),
  shape('welcome_back', [{ type: 'BODY', text: 'Hello {{first_name}}, {{order}} waits.' }], NAMED),
  shape('plain', [{ type: 'BODY', text: 'Hello.' }]),
  shape('with_picture', [{ type: 'HEADER', format: 'IMAGE' }]),
  shape('with_title', [{ type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' }]),
  shape('with_named_title', [{ type: 'HEADER', format: 'TEXT', text: 'Order {{order}}' }], NAMED),
  shape('with_buttons', [
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'QUICK_REPLY', text: 'Yes' },
        { type: 'URL', text: 'Track', url: 'https://shop.example/{{1}}' },
        { type: 'URL', text: 'Home', url: 'https://shop.example/' },
        { type: 'COPY_CODE', text: 'Copy' },
      ],
    },
  ]),
  shape('sale', [
    { type: 'BODY', text: 'Now.' },
    { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'Sale', has_expiration: true } },
  ]),
  shape('shop', [{ type: 'BUTTONS', buttons: [{ type: 'MPM', text: 'Items' }] }]),
  shape('gallery', [
    {
      type: 'CAROUSEL',
      cards: [1, 2].map(() => ({
        components: [
          { type: 'HEADER', format: 'IMAGE' },
          { type: 'BODY', text: 'Only {{1}}' },
          { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Look', url: 'https://shop.example/{{1}}' }] },
        ],
      })),
    },
  ]),
  shape('asleep', [], { status: 'PAUSED' }),
  shape('not_yet', [], { status: 'PENDING' }),
];
const BOT: KnownTemplates = { starts: [{ flow: 'bot' }], templates: TEMPLATES };

const PLACE = 'language: pt_PT';
const CARD = '{ header: { image: "https://x.example/a.png" }, body: [a], buttons: [{ url: a }] }';

/** What is found in a template message, with the first characters of what it is about. */
function found(template: string, accounts: readonly KnownTemplates[] = [BOT], key = 'template'): string[] {
  const files = flowFiles({ bot: `steps:\n  - say: { ${key}: ${template} }` });
  const { flows, findings } = loadFlows(files);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return checkWith(flows, () => [knownTemplates(accounts)]).map(({ code, severity, line, column, message, hint }) => {
    const about = files[0]?.text.split('\n')[line - 1]?.slice(column - 1);
    const shown = hint === undefined ? message : `${message} (${hint})`;
    return `${severity === 'warning' ? '~' : ''}${code} at ${/^\S[^\s,}\]:]*/.exec(about ?? '')}: ${shown}`;
  });
}

describe('a template message of a flow', () => {
  it.each<[string, string, string[]]>([
    ['fits', `{ name: pickup_ready, ${PLACE}, body: [Rita, "17"] }`, []],
    ['fits by name', `{ name: welcome_back, ${PLACE}, body: { order: "17", first_name: Rita } }`, []],
    [
      'has a misspelt name',
      `{ name: pickup_reddy, ${PLACE} }`,
      ['unknown-template at pickup_reddy: the account has no template `pickup_reddy` (did you mean `pickup_ready`?)'],
    ],
    [
      'has a name unlike any other',
      `{ name: x, ${PLACE} }`,
      ['unknown-template at x: the account has no template `x` (`parlance templates` lists those it has)'],
    ],
    [
      'has another spelling of the language',
      '{ name: pickup_ready, language: pt_BR, body: [a, b] }',
      ['unknown-template at pt_BR: the account has no template `pickup_ready` in `pt_BR` (it is there in pt_PT, en)'],
    ],
    [
      'has a language it is not there in',
      '{ name: pickup_ready, language: de, body: [a, b] }',
      ['unknown-template at de: the account has no template `pickup_ready` in `de` (it is there in pt_PT, en)'],
    ],
    [
      'has too few values',
      `{ name: pickup_ready, ${PLACE}, body: [Rita] }`,
      ['template-parameters at [Rita: `pickup_ready` has 2 gaps in its body, 1 is given (write body: [ …, … ])'],
    ],
    [
      'has no values',
      `{ name: pickup_ready, ${PLACE} }`,
      ['template-parameters at {: `pickup_ready` has 2 gaps in its body, none is given (write body: [ …, … ])'],
    ],
    [
      'has too many values',
      `{ name: pickup_ready, ${PLACE}, body: [a, b, c] }`,
      ['template-parameters at c: `pickup_ready` has 2 gaps in its body, 3 values are given'],
    ],
    [
      'has a list where gaps have names',
      `{ name: welcome_back, ${PLACE}, body: [a, b] }`,
      ['template-parameters at [a: the gaps of `welcome_back` have names (write body: { first_name: …, order: … })'],
    ],
    [
      'has names where gaps are counted',
      `{ name: pickup_ready, ${PLACE}, body: { a: x, b: y } }`,
      ['template-parameters at {: the gaps of `pickup_ready` have no names (write a list: body: [ … ])'],
    ],
    [
      'has a misspelt name of a gap, which is said once',
      `{ name: welcome_back, ${PLACE}, body: { frist_name: Rita, order: "1" } }`,
      ['template-parameters at frist_name: `welcome_back` has no gap `frist_name` (did you mean `first_name`?)'],
    ],
    [
      'forgets a gap',
      `{ name: welcome_back, ${PLACE}, body: { order: "1" } }`,
      ['template-parameters at {: `welcome_back` needs `first_name` in its body'],
    ],
    [
      'fills what has no gaps',
      `{ name: plain, ${PLACE}, body: [a] }`,
      ['template-parameters at [a: the body of `plain` has no gaps (leave out `body`)'],
    ],
    [
      'lacks the picture of its header',
      `{ name: with_picture, ${PLACE} }`,
      [
        'template-parameters at {: `with_picture` needs an image in its header (write header: { image: { link: "https://…" } })',
      ],
    ],
    [
      'has a text where a picture belongs',
      `{ name: with_picture, ${PLACE}, header: Hello }`,
      [
        'template-parameters at Hello: the header of `with_picture` is an image, not a text (write header: { image: { link: "https://…" } })',
      ],
    ],
    [
      'has a header its template has not',
      `{ name: plain, ${PLACE}, header: Hello }`,
      ['template-parameters at Hello: the header of `plain` takes no value (leave out `header`)'],
    ],
    ['has the text of its header', `{ name: with_title, ${PLACE}, header: "17" }`, []],
    ['names the gap of its header', `{ name: with_named_title, ${PLACE}, header: { name: order, text: "17" } }`, []],
    [
      'does not name the gap of its header',
      `{ name: with_named_title, ${PLACE}, header: "17" }`,
      [
        'template-parameters at "17": the gap in the header of `with_named_title` has a name (write header: { name: order, text: … })',
      ],
    ],
    [
      'lacks what its buttons need',
      `{ name: with_buttons, ${PLACE} }`,
      [
        'template-parameters at {: `with_buttons` needs the end of the address of button 1 (“Track”) (write buttons: [{ index: 1, url: … }])',
        'template-parameters at {: `with_buttons` needs the code of button 3 (“Copy”) (write buttons: [{ index: 3, code: … }])',
      ],
    ],
    [
      'has what its buttons need',
      `{ name: with_buttons, ${PLACE}, buttons: [{ payload: yes }, { url: "17" }, { index: 3, code: X1 }] }`,
      [],
    ],
    [
      'has a button of another kind',
      `{ name: with_buttons, ${PLACE}, buttons: [{ code: X1 }, { url: "17" }, { index: 3, code: X1 }] }`,
      ['template-parameters at X1: button 0 of `with_buttons` (“Yes”) is of another kind (write payload: …)'],
    ],
    [
      'gives a value to a fixed button',
      `{ name: with_buttons, ${PLACE}, buttons: [{ index: 1, url: a }, { index: 2, url: b }, { index: 3, code: X1 }] }`,
      [
        'template-parameters at {: button 2 of `with_buttons` (“Home”) takes no value (leave it out, and give the others their `index`)',
      ],
    ],
    [
      'has a button its template has not',
      `{ name: plain, ${PLACE}, buttons: [{ payload: x }] }`,
      ['template-parameters at {: `plain` has no buttons (leave out `buttons`)'],
    ],
    ['says when its offer ends', `{ name: sale, ${PLACE}, offerEnds: "2030-01-01" }`, []],
    [
      'does not say when its offer ends',
      `{ name: sale, ${PLACE} }`,
      ['template-parameters at {: `sale` needs to know when its offer ends (write offerEnds: "2026-12-24T18:00:00Z")'],
    ],
    [
      'has no offer that could end',
      `{ name: plain, ${PLACE}, offerEnds: "2030-01-01" }`,
      ['template-parameters at offerEnds: `plain` has no limited-time offer (leave out `offerEnds`)'],
    ],
    ['has its products', `{ name: shop, ${PLACE}, buttons: [{ products: { sections: [{ items: [a] }] } }] }`, []],
    [
      'lacks its products',
      `{ name: shop, ${PLACE} }`,
      [
        'template-parameters at {: `shop` needs the products of button 0 (“Items”) (write buttons: [{ index: 0, products: … }])',
      ],
    ],
    ['has what its cards ask for', `{ name: gallery, ${PLACE}, cards: [${CARD}, ${CARD}] }`, []],
    [
      'has a card too many',
      `{ name: gallery, ${PLACE}, cards: [${CARD}, ${CARD}, ${CARD}] }`,
      ['template-parameters at [{: `gallery` has 2 cards, 3 are given'],
    ],
    ['has no cards', `{ name: gallery, ${PLACE} }`, ['template-parameters at {: `gallery` has 2 cards, none is given']],
    [
      'has cards its template has not',
      `{ name: plain, ${PLACE}, cards: [${CARD}, ${CARD}] }`,
      ['template-parameters at cards: `plain` has no cards (leave out `cards`)'],
    ],
    [
      'lacks something on a card',
      `{ name: gallery, ${PLACE}, cards: [${CARD}, { header: "x", body: [a, b] }] }`,
      [
        'template-parameters at "x": the header of card 1 of `gallery` is an image, not a text (write header: { image: { link: "https://…" } })',
        'template-parameters at b: card 1 of `gallery` has 1 gap in its body, 2 values are given',
        'template-parameters at {: card 1 of `gallery` needs the end of the address of button 0 (write buttons: [{ index: 0, url: … }])',
      ],
    ],
    [
      'is paused',
      `{ name: asleep, ${PLACE} }`,
      [
        '~template-not-approved at asleep: Meta has the template `asleep` as PAUSED (too many people complained: Meta sends it again after some hours, or change it)',
      ],
    ],
    [
      'waits for its approval',
      `{ name: not_yet, ${PLACE} }`,
      [
        '~template-not-approved at not_yet: Meta has the template `not_yet` as PENDING (Meta sends it once it is approved)',
      ],
    ],
    ['has a name that depends on values', `{ name: "{{ context.name }}", ${PLACE} }`, []],
    ['fits in every language', '{ name: pickup_ready, language: "{{ profile.language }}", body: [a, b] }', []],
    [
      'fits in no language',
      '{ name: pickup_ready, language: "{{ profile.language }}", body: [a] }',
      ['template-parameters at [a: `pickup_ready` has 2 gaps in its body, 1 is given (write body: [ …, … ])'],
    ],
  ])('that %s', (_what, template, expected) => expect(found(template)).toEqual(expected));

  it('is looked at where it takes the place of another, too', () => {
    const instead = 'text: Hi, outsideWindow';
    expect(found(`{ template: { name: pickup_reddy, ${PLACE} } }`, [BOT], instead)).toEqual([
      'unknown-template at pickup_reddy: the account has no template `pickup_reddy` (did you mean `pickup_ready`?)',
    ]);
  });

  it('is wrong in one account that sends it, whatever others have', () => {
    const other = { starts: [{ flow: 'bot' }], templates: [] };
    expect(found(`{ name: plain, ${PLACE} }`, [BOT, other])).toHaveLength(1);
    expect(found(`{ name: plain, ${PLACE} }`, [BOT, { ...other, starts: [{ flow: 'shop' }] }])).toEqual([]);
  });

  it('of a flow that is not deployed yet is wrong when no account has it', () => {
    const accounts = [
      { starts: [], templates: TEMPLATES },
      { starts: [], templates: [] },
    ];
    expect(found(`{ name: plain, ${PLACE} }`, accounts)).toEqual([]);
    expect(found(`{ name: plane, ${PLACE} }`, accounts)).toHaveLength(1);
    expect(found(`{ name: plane, ${PLACE} }`, [])).toEqual([]);
  });

  it('is judged by the account of the flow that leads to it', () => {
    const files = flowFiles({
      shop: 'steps: [{ executeFlow: news }]',
      news: `steps: [{ say: { template: { name: plain, ${PLACE} } } }]`,
    });
    const accounts = [BOT, { starts: [{ flow: 'shop' }], templates: [] }];
    const findings = checkWith(loadFlows(files).flows, () => [knownTemplates(accounts)]);
    expect(findings.map(({ file, code }) => `${file} ${code}`)).toEqual(['news.yaml unknown-template']);
  });
});

const word = fc.constantFrom('a', 'b', 'order');
const gaps = fc.uniqueArray(word, { maxLength: 3 });
const components = fc
  .record({
    header: fc.constantFrom('', 'TEXT', 'FIXED', 'IMAGE', 'LOCATION'),
    named: fc.boolean(),
    gaps,
    buttons: fc.array(fc.constantFrom('QUICK_REPLY', 'URL', 'FIXED_URL', 'COPY_CODE', 'FLOW', 'PHONE_NUMBER'), {
      maxLength: 3,
    }),
  })
  .map(({ header, named, gaps: names, buttons }) => {
    const gap = (name: string, i: number) => `{{${named ? name : i + 1}}}`;
    const title = header === 'FIXED' ? 'Hello' : `Order ${gap('order', 0)}`;
    return {
      list: [
        ...(header === '' ? [] : [{ type: 'HEADER', format: header === 'FIXED' ? 'TEXT' : header, text: title }]),
        { type: 'BODY', text: `Hello ${names.map(gap).join(' and ')}.` },
        {
          type: 'BUTTONS',
          buttons: buttons.map((type) => ({
            type: type === 'FIXED_URL' ? 'URL' : type,
            text: type,
            url: type === 'URL' ? 'https://x.example/{{1}}' : 'https://x.example',
          })),
        },
      ],
      other: named ? NAMED : {},
    };
  });
const given = fc.record({
  header: fc.constantFrom(
    '',
    'header: "7"',
    'header: { name: order, text: "7" }',
    'header: { image: "https://x.example/a.png" }',
  ),
  named: fc.boolean(),
  names: gaps,
  buttons: fc.array(fc.constantFrom('payload: x', 'url: x', 'code: x', 'flow: { token: x }'), { maxLength: 3 }),
});

it('finds a fault in what a server would refuse, and in nothing else', () => {
  fc.assert(
    fc.property(components, given, fc.boolean(), ({ list, other }, { header, named, names, buttons }, onCards) => {
      const cards = { type: 'CAROUSEL', cards: [{ components: list }, { components: list }] };
      const template = shape('t', onCards ? [cards] : list, other);
      const body = named
        ? `{ ${names.map((name) => `${name}: x`).join(', ')} }`
        : `[${names.map(() => 'x').join(', ')}]`;
      // The payloads of one message are all different, and a card has two buttons at most.
      const part = (place: string) => [
        ...(header === '' ? [] : [header]),
        ...(names.length === 0 ? [] : [`body: ${body}`]),
        ...(buttons.length === 0
          ? []
          : [
              `buttons: [${buttons
                .slice(0, onCards ? 2 : 3)
                .map((one, i) => `{ ${one.replace('payload: x', `payload: ${place}${i}`)} }`)
                .join(', ')}]`,
            ]),
      ];
      const filled = onCards ? [`cards: [{ ${part('a').join(', ')} }, { ${part('b').join(', ')} }]`] : part('a');
      const keys = [`name: t, ${PLACE}`, ...filled].join(', ');
      const said = talkTo(`steps:\n  - say: { template: { ${keys} } }`).say('Hi')[0];
      const wire: JsonObject = JSON.parse(JSON.stringify(toWireTemplate(said as TemplateMessage)));
      const refused = templateFault(template, wire) !== undefined;
      expect({ keys, wrong: found(`{ ${keys} }`, [{ starts: [], templates: [template] }]).length > 0 }).toEqual({
        keys,
        wrong: refused,
      });
    }),
    { numRuns: 500 },
  );
});

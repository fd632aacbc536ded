import { describe, expect, it } from 'vitest';
import { loadFlows } from '../../../src/flow/load.js';
import { compile } from '../../../src/flow-versions/compile.js';
import { flowFiles } from './talk.js';

/** Findings as `line:column severity message (hint)`; flows begin on line 3. */
function findings(flows: { [name: string]: string } | string): string[] {
  const files = flowFiles(typeof flows === 'string' ? { bot: flows } : flows);
  return loadFlows(files).findings.map(({ line, column, severity, message, hint }) => {
    const what = `${line}:${column} ${severity === 'warning' ? 'warning: ' : ''}${message}`;
    return hint === undefined ? what : `${what} (${hint})`;
  });
}

const LONG = 'x'.repeat(100_000);
const title = (length: number) => 't'.repeat(length);

describe('a step', () => {
  it.each([
    ['unknown', '- sya: Hello', ['4:3 unknown step `sya` (did you mean `say`?)']],
    ['without a kind', '- id: greeting', ['4:3 this step does nothing (say what it does, for example `say: Hello`)']],
    ['that is a word', '- stop', ['4:3 a step is a map (write `stop: true`)']],
    [
      'that does two things',
      '- say: Hello\n  stop: true',
      ['5:3 a step does one thing, this one has `say` and `stop` (begin `stop` with its own `- `)'],
    ],
    [
      'with an unknown key',
      '- if: input.text\n  than: [{ stop: true }]',
      ['5:3 `than` is not a key of an if step (did you mean `then`?)'],
    ],
    [
      'with a misspelt common key',
      '- say: Hello\n  dissabled: true',
      ['5:3 `dissabled` is not a key of a say step (did you mean `disabled`?)'],
    ],
    ['without what it needs', '- if: input.text', ['4:3 an if step needs `then`']],
    ['that says nothing', '- say:', ['4:7 something is missing here']],
    [
      'with an id that is no name',
      '- id: 1st\n  say: Hello',
      ['4:7 `1st` is not a name (a letter, then letters, digits, - and _, 64 at most)'],
    ],
    [
      'whose id is taken',
      '- { id: a, say: Hello }\n- { id: a, say: Bye }',
      ['5:9 two steps of this flow have the id `a`'],
    ],
    [
      'that waits without an id',
      '- say: Hello\n- wait: true',
      [
        '5:3 warning: a wait step waits, but has no id (give it an `id`: without one, who waits here is lost when steps are added before it)',
      ],
    ],
    [
      'that is never reached',
      '- stop: true\n- say: Hello',
      ['5:3 warning: this is never reached: `stop` before it does not come back'],
    ],
    ['that only a jump reaches', '- goTo: end\n- id: end\n  say: Hello', []],
    ['that a jump into a branch reaches', '- goTo: in\n- if: input.text\n  then: [{ id: in, say: Hello }]', []],
    ['behind a jump that may not happen', '- { stop: true, when: input.text }\n- say: Hello', []],
    [
      'that pauses too long',
      '- { id: a, sleep: 400d }',
      ['4:19 a time is expected, at most a year (write 1500ms, 2s, 10m, 24h or 7d)'],
    ],
    [
      'that writes to input',
      '- set: { input.text: x }',
      ['4:22 `input.text` cannot be written: only context and profile can (write context.order or profile.language)'],
    ],
    [
      'that writes to a prototype',
      '- set: { context.__proto__.x: 1 }',
      ['4:31 `__proto__` cannot be read or written (write context.order or profile.language)'],
    ],
  ])('%s', (_name, steps, expected) => expect(findings(`steps:\n${steps}`)).toEqual(expected));
});

describe('a jump', () => {
  it.each([
    [
      'to nowhere',
      '- goTo: agnet\n- id: agent\n  say: Hello',
      [
        '4:9 there is no step `agnet` in flow bot (did you mean `agent`?)',
        '5:3 warning: this is never reached: `goTo` before it does not come back',
      ],
    ],
    ['to an unknown flow', '- goTo: { flow: ordr }', ['4:17 there is no flow `ordr` (did you mean `order`?)']],
    [
      'to a step another flow does not have',
      '- goTo: { flow: order, step: frist }',
      ['4:30 there is no step `frist` in flow order (did you mean `first`?)'],
    ],
    [
      'of a button to nowhere',
      '- say: { text: Hi, buttons: [{ id: a, title: A, goTo: b }] }',
      ['4:55 there is no step `b` in flow bot'],
    ],
    ['without a place', '- goTo: {}', ['4:9 goTo needs `step` or `flow`']],
  ])('%s', (_name, steps, expected) =>
    expect(findings({ bot: `steps:\n${steps}`, order: 'steps: [{ id: first, say: Hello }]' })).toEqual(expected),
  );

  it('executing an unknown flow', () => {
    expect(findings({ bot: 'steps:\n- executeFlow: oder', order: 'steps: [{ say: Hello }]' })).toEqual([
      '4:16 there is no flow `oder` (did you mean `order`?)',
    ]);
  });
});

describe('an expression', () => {
  it.each([
    [
      'that does not parse',
      "- if: input.text == 'a\n  then: [{ stop: true }]",
      ['4:21 not a JavaScript expression: unterminated string constant'],
    ],
    [
      'in a text that does not parse',
      '- say: "Hello {{ input. }}!"',
      ['4:25 not a JavaScript expression: unexpected token'],
    ],
    ['whose end is missing', '- say: "Hello {{ input.text !"', ['4:28 `}}` is missing behind the expression']],
    [
      'in braces where there are none',
      '- if: "{{ input.text }}"\n  then: [{ stop: true }]',
      ['4:8 an expression here stands without `{{ }}` (write input.text)'],
    ],
    ['that reads __proto__', '- say: "{{ context.__proto__.x }}"', ['4:20 `__proto__` cannot be read or written']],
    [
      'that reads a constructor by name',
      `- say: "{{ context['constructor'] }}"`,
      ['4:20 `constructor` cannot be read or written'],
    ],
    [
      'with a method nobody has',
      '- say: "{{ context.items.mapp(x => x) }}"',
      ['4:26 `mapp()` is not available in expressions (did you mean `map`?)'],
    ],
    [
      'with a method that changes a list',
      '- say: "{{ context.items.push(1) }}"',
      [
        '4:26 `push()` changes a list, and an expression cannot change anything (write [...list, item], list.slice(1) or list.filter(…), and store it with `set`)',
      ],
    ],
    [
      'with a function that has a body',
      '- if: context.items.some(x => { return x })\n  then: [{ stop: true }]',
      [
        '4:31 a function in an expression is one expression, without `{ return … }` (write item => item.price > 10; a map stands in brackets: item => ({ … }); for more there is the `code` step)',
      ],
    ],
    [
      'with an unknown name inside a function',
      '- if: context.items.some(item => itm.done)\n  then: [{ stop: true }]',
      ['4:34 `itm` is not known here (did you mean `item`?)'],
    ],
    [
      'that changes something inside a function',
      '- if: context.items.some(x => context.n++)\n  then: [{ stop: true }]',
      ['4:31 an expression cannot change anything (use a `set` step with + 1)'],
    ],
    [
      'that makes what cannot be made',
      "- if: new Function('return 1')()\n  then: [{ stop: true }]",
      ['4:7 only helpers and methods can be called'],
    ],
    [
      'that makes another thing',
      '- if: new Promise(x => x)\n  then: [{ stop: true }]',
      ['4:7 only Array, Date, Map, RegExp, Set can be made with `new` (for the time there is date.now())'],
    ],
    [
      'with a helper as a value',
      '- say: "{{ context.items.map(text.title) }}"',
      ['4:30 `text.title` is a helper to call (write x => text.title(x))'],
    ],
    [
      'that waits',
      '- if: context.items.map(async x => x)\n  then: [{ stop: true }]',
      ['4:25 `await` is not available in expressions (use an `http` or a `code` step)'],
    ],
    [
      'with a name that is not there',
      '- if: Math.pi > 3\n  then: [{ stop: true }]',
      ['4:7 there is no `Math.pi` (did you mean `Math.PI`?)'],
    ],
    [
      'that reaches for a prototype',
      '- if: "context.items.map(({ __proto__: p }) => p)"\n  then: [{ stop: true }]',
      ['4:29 `__proto__` cannot be read or written'],
    ],
    [
      'that changes something',
      '- if: context.a = 1\n  then: [{ stop: true }]',
      ['4:7 an expression cannot change anything (use a `set` step; to compare, write ==)'],
    ],
    [
      'with an unknown name',
      '- if: contxt.a\n  then: [{ stop: true }]',
      ['4:7 `contxt` is not known here (did you mean `context`?)'],
    ],
    [
      'with a text that lost its quotes',
      '- if: input.text == hello\n  then: [{ stop: true }]',
      ["4:21 `hello` is not known here (a text stands in quotes: 'hello'; what the flow keeps is `context.hello`)"],
    ],
    [
      'with an unknown helper',
      '- say: "{{ format.dat(context.day) }}"',
      ['4:12 there is no `format.dat` (did you mean `format.date`?)'],
    ],
    [
      'in the second line of a text',
      '- say: |\n    Hello\n    {{ inptu.text }}',
      ['6:8 `inptu` is not known here (did you mean `input`?)'],
    ],
    [
      'in one of several languages',
      '- say: { en: Hello, de: "Hallo {{ x }}" }',
      ["4:35 `x` is not known here (a text stands in quotes: 'x'; what the flow keeps is `context.x`)"],
    ],
    [
      'that is too long',
      `- if: "${'1+'.repeat(1001)}1"\n  then: [{ stop: true }]`,
      ['4:8 an expression has 2000 characters at most, this one 2003'],
    ],
    [
      'that is too deep',
      `- if: "${'('.repeat(900)}1${')'.repeat(900)}"\n  then: [{ stop: true }]`,
      ['4:8 an expression is nested 64 deep at most'],
    ],
    [
      'that nests too deep',
      `- if: "${'!'.repeat(100)}1"\n  then: [{ stop: true }]`,
      ['4:73 an expression is nested 64 deep at most'],
    ],
  ])('%s', (_name, steps, expected) => expect(findings(`steps:\n${steps}`)).toEqual(expected));
});

describe('a message', () => {
  it.each([
    ['of 100 kB', `- say: ${LONG}`, ['4:8 a text has 100000 characters; WhatsApp takes 4096']],
    ['of 4096 emojis', `- say: ${'😀'.repeat(4096)}`, []],
    [
      'that would be too long in German',
      `- say: { en: Hi, de: ${title(4097)} }`,
      ['4:22 a text has 4097 characters; WhatsApp takes 4096'],
    ],
    [
      'with buttons and a long text',
      `- say: { text: ${title(1025)}, buttons: [A] }`,
      ['4:16 a text with buttons has 1025 characters; WhatsApp takes 1024'],
    ],
    [
      'with a long button',
      `- say: { text: Hi, buttons: [${title(21)}] }`,
      ['4:30 the title of a button has 21 characters; WhatsApp takes 20'],
    ],
    ['with a long button among four', `- say: { text: Hi, buttons: [${title(24)}, B, C, D] }`, []],
    [
      'with a longer button among four',
      `- say: { text: Hi, buttons: [${title(25)}, B, C, D] }`,
      ['4:30 the title of a button that becomes a list row has 25 characters; WhatsApp takes 24'],
    ],
    ['with eleven buttons', '- say: { text: Hi, buttons: [a, b, c, d, e, f, g, h, i, j, k] }', []],
    [
      'with two equal buttons',
      '- say: { text: Hi, buttons: [{ id: a, title: A }, { id: a, title: A }] }',
      ['4:57 two buttons or rows have the id `a`', '4:67 two buttons have the title "A"'],
    ],
    [
      'with buttons that exclude each other',
      '- say: { text: Hi, buttons: [{ id: a, title: A, when: input.text }, { id: a, title: A, when: "!input.text" }] }',
      [],
    ],
    [
      'with a long id',
      `- say: { text: Hi, buttons: [{ id: ${title(257)}, title: A }] }`,
      ['4:36 an id has 257 characters; WhatsApp takes 256'],
    ],
    ['with a link as a button', '- say: { text: Hi, buttons: [{ url: "https://x.example", title: A }] }', []],
    [
      'with buttons and a list',
      '- say: { text: Hi, buttons: [A], list: { sections: [{ rows: [{ id: b, title: B }] }] } }',
      ['4:40 a message has buttons or list, not both'],
    ],
    ['without a text', '- say: { buttons: [A] }', ['4:8 a message with buttons needs `text`']],
    ['with an empty text', '- say: ""', ['4:8 the text is empty']],
    [
      'with a footer under nothing',
      '- say: { text: Hi, footer: Bye }',
      ['4:28 only messages with buttons or a list have a header or footer'],
    ],
    [
      'with a long footer',
      `- say: { text: Hi, buttons: [A], footer: ${title(61)} }`,
      ['4:42 a footer has 61 characters; WhatsApp takes 60'],
    ],
    [
      'with a long header',
      `- say: { text: Hi, buttons: [A], header: ${title(61)} }`,
      ['4:42 a header has 61 characters; WhatsApp takes 60'],
    ],
    [
      'whose list has a picture above',
      '- say: { text: Hi, buttons: [A, B, C, D], header: { image: "https://x.example/a.png" } }',
      ['4:60 the header of a list is a text'],
    ],
    ['whose picture is no link', '- say: { image: kitten.png }', ['4:17 a link begins with https://']],
    [
      'whose caption is long',
      `- say: { image: { link: "https://x.example/a.png", caption: ${title(1025)} } }`,
      ['4:61 a caption has 1025 characters; WhatsApp takes 1024'],
    ],
    [
      'whose list is long',
      `- say: { text: Hi, list: { sections: [{ rows: [${Array.from({ length: 11 }, (_, i) => `{ id: r${i}, title: R${i} }`).join(', ')}] }] } }`,
      ['4:38 11 rows; a list has 10 in all sections together (use `buttons`: more than ten of them are sent in pages)'],
    ],
    [
      'whose sections have no titles',
      '- say: { text: Hi, list: { sections: [{ rows: [{ id: a, title: A }] }, { rows: [{ id: b, title: B }] }] } }',
      [
        '4:39 a section needs a title when there is more than one',
        '4:72 a section needs a title when there is more than one',
      ],
    ],
    [
      'with long parts of a list',
      `- say: { text: Hi, list: { button: ${title(21)}, sections: [{ title: ${title(25)}, rows: [{ id: ${title(201)}, title: A, description: ${title(73)} }] }] } }`,
      [
        expect.stringMatching(/ the button of a list has 21 characters; WhatsApp takes 20$/),
        expect.stringMatching(/ the title of a section has 25 characters; WhatsApp takes 24$/),
        expect.stringMatching(/ an id has 201 characters; WhatsApp takes 200$/),
        expect.stringMatching(/ the description of a row has 73 characters; WhatsApp takes 72$/),
      ],
    ],
    [
      'with two sources',
      '- say: { video: { file: clip.mp4, link: "https://x.example/a.mp4" } }',
      ['4:19 a video has one of `link`, `file` and `media`'],
    ],
    ['with a misspelt key', '- say: { txt: Hello }', ['4:10 `txt` is not a key of a message (did you mean `text`?)']],
    [
      'in no language',
      '- question: { type: text, text: { english: Hello } }',
      ['5:35 `english` is not a language (write { en: Hello, de: Hallo })'],
    ],
    ['with an unknown text', '- say: texts.bya', ['4:8 there is no text `texts.bya` (did you mean `bye`?)']],
    [
      'with a known text that is too long for buttons',
      '- say: { text: texts.long, buttons: [A] }',
      ['4:16 a text with buttons has 1100 characters; WhatsApp takes 1024'],
    ],
  ])('%s', (_name, steps, expected) => {
    const found = findings(
      `steps:\n${steps.replace(/question: /, 'id: q\n  question: ')}\n- say: [texts.bye, texts.long]\ntexts: { bye: Bye, long: ${title(1100)} }`,
    );
    expect(found).toEqual(expected);
  });
});

describe('a question', () => {
  it.each([
    [
      'of no type',
      'type: txet, text: What?',
      '`txet` is not one of text, yesNo, number, integer, money, percentage, email, phone, url, date, time, duration, regex, choice, intent, data, attachment, image, audio, document, location, contact, custom (did you mean `text`?)',
    ],
    ['without a text', 'type: text', 'a question needs `text`'],
    ['of type regex without a pattern', 'type: regex, text: What?', 'a regex question needs `pattern`'],
    ['of type choice without choices', 'type: choice, text: What?', 'a choice question needs `choices`'],
    [
      'with attempts that lead nowhere',
      'type: text, text: What?, maxAttempts: 2',
      '`maxAttempts` needs `onMaxAttempts` beside it',
    ],
    [
      'with a timeout that leads nowhere',
      'type: text, text: What?, timeout: 2m',
      '`timeout` needs `onTimeout` beside it',
    ],
    [
      'whose pattern takes for ever',
      'type: regex, pattern: (a+)+$, text: What?',
      'the pattern can take for ever: a repeat inside a repeat, as in (a+)+; let each round end with a separator, as in ([a-z]+,)*',
    ],
    ['whose pattern is none', 'type: regex, pattern: "(a", text: What?', 'not a pattern: Unterminated group'],
    ['with a misspelt type', 'tpye: text, text: What?', '`tpye` is not a key of a question (did you mean `type`?)'],
  ])('%s', (_name, fields, expected) => {
    const found = findings(`steps:\n- id: q\n  question: { ${fields} }`);
    expect(found.map((one) => one.replace(/^\d+:\d+ /, ''))).toEqual([expected]);
  });
});

describe('a file', () => {
  it.each([
    ['without spec', 'flow: bot\nsteps: [{ stop: true }]', ['a flow needs `spec`']],
    ['of another version', 'spec: 2\nflow: bot\nsteps: [{ stop: true }]', ['this version reads `spec: 1`']],
    ['without steps', 'spec: 1\nflow: bot', ['a flow needs `steps`']],
    ['with no step', 'spec: 1\nflow: bot\nsteps: []', ['the list of steps is empty']],
    ['that is empty', '', ['something is missing here']],
    ['that is a list', '- say: Hello', ['a flow is a map, not a list']],
    ['with an unknown key', 'spec: 1\nflow: bot\nstep: []\nsteps: [{ stop: true }]', ['`step` is not a key of a flow']],
    ['with no intents', 'spec: 1\nflow: bot\nintents: []\nsteps: [{ stop: true }]', ['the list is empty']],
    [
      'with an unknown handler',
      'spec: 1\nflow: bot\nhandlers: { eror: [{ stop: true }] }\nsteps: [{ stop: true }]',
      ['`eror` is not a key of handlers'],
    ],
    [
      'with handlers and on',
      'spec: 1\nflow: bot\nhandlers: { error: [{ stop: true }] }\non: { error: [{ stop: true }] }\nsteps: [{ stop: true }]',
      ['`on` and `handlers` are the same'],
    ],
    [
      'with another name than its flow',
      'spec: 1\nflow: other\nsteps: [{ stop: true }]',
      ['the flow `other` is in a file called bot'],
    ],
  ])('%s', (_name, text, expected) => {
    expect(loadFlows([{ path: 'flows/bot.yaml', text }]).findings.map(({ message }) => message)).toEqual(expected);
  });

  it('that takes the name of another', () => {
    const text = 'spec: 1\nflow: bot\nsteps: [{ stop: true }]';
    const { findings: found, version } = loadFlows([
      { path: 'a/bot.yaml', text },
      { path: 'b/bot.yaml', text },
    ]);
    expect(found.map(({ message }) => message)).toEqual(['there is a second flow `bot`, in b/bot.yaml']);
    expect(version).toBeUndefined();
  });

  it('is needed', () =>
    expect(loadFlows([])).toMatchObject({ version: undefined, findings: [{ message: 'there are no flow files' }] }));

  it('gets all its faults told at once, in order', () => {
    expect(findings('steps:\n- sya: Hello\n- if: x\n  then: [{ goto: y }]\n- stop: 1')).toEqual([
      '4:3 unknown step `sya` (did you mean `say`?)',
      "5:7 `x` is not known here (a text stands in quotes: 'x'; what the flow keeps is `context.x`)",
      '6:12 unknown step `goto` (did you mean `goTo`?)',
      '7:9 only `true` stands here (to leave the step out, write `disabled: true` beside it)',
    ]);
  });
});

describe('a version', () => {
  const files = flowFiles({ a: 'steps: [{ say: Hello }]', b: 'steps: [{ say: Bye }]' });

  it('has the hash of its sources, whatever their order and line ends', () => {
    const { version } = loadFlows(files);
    const other = files.map(({ path, text }) => ({ path, text: text.replaceAll('\n', '\r\n') })).reverse();
    expect(version?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(loadFlows(other).version?.hash).toBe(version?.hash);
    expect(version?.flows).toEqual(['a', 'b']);
  });

  it('has another hash when a letter changes', () => {
    const [first, second] = files;
    if (first === undefined || second === undefined) throw new Error('two files');
    const changed = [first, { ...second, text: second.text.replace('Bye', 'Bya') }];
    expect(loadFlows(changed).version?.hash).not.toBe(loadFlows(files).version?.hash);
  });

  it('knows steps by id and by path', () => {
    const { version } = loadFlows(
      flowFiles({
        a: 'steps:\n- id: fork\n  lookup: "{{ input.text }}"\n  cases: { "a.b": [{ say: Hello }], c: [{ say: Hello }, { id: bye, say: Bye }] }',
      }),
    );
    expect([...(version?.byName.get('a')?.steps.keys() ?? [])]).toEqual([
      'steps[0]',
      'fork',
      'steps[0].cases["a.b"][0]',
      'steps[0].cases.c[0]',
      'steps[0].cases.c[1]',
      'bye',
    ]);
  });
});

describe('a file that a version in memory has already', () => {
  const text = 'steps:\n- id: a\n  say: "Hello {{ input.txt }}"\n';

  it('is the same flow in the next version, and has its findings there, too', () => {
    const first = loadFlows(flowFiles({ bot: text, other: 'steps:\n- say: one\n' }));
    const second = loadFlows(flowFiles({ bot: text, other: 'steps:\n- say: two\n' }));
    expect(second.version?.byName.get('bot')).toBe(first.version?.byName.get('bot'));
    expect(second.version?.byName.get('other')).not.toBe(first.version?.byName.get('other'));
    expect(second.findings).toEqual(first.findings);
    expect(first.findings.map(({ code }) => code)).toContain('unknown-input');
  });

  it('is another flow under another name', () => {
    const [file] = flowFiles({ bot: text });
    const moved = loadFlows([{ path: 'elsewhere/bot.yaml', text: file?.text ?? '' }]);
    expect(moved.findings.every((finding) => finding.file === 'elsewhere/bot.yaml')).toBe(true);
    expect(moved.version?.byName.get('bot')?.file).toBe('elsewhere/bot.yaml');
  });
});

describe('flows that were checked when they were deployed', () => {
  it('are the same version, compiled', async () => {
    const files = flowFiles({ bot: 'steps:\n- say: Hello\n' });
    expect((await compile(files))?.hash).toBe(loadFlows(files).version?.hash);
  });

  it('run though a later check finds a jump to nowhere', async () => {
    const files = flowFiles({ bot: 'steps:\n- goTo: nowhere\n' });
    expect(loadFlows(files).version).toBeUndefined();
    expect((await compile(files))?.flows).toEqual(['bot']);
  });

  it('do not run when this program does not know a step', async () => {
    expect(await compile(flowFiles({ bot: 'steps:\n- levitate: true\n' }))).toBeUndefined();
  });
});

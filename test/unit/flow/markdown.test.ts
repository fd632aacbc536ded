import { describe, expect, it } from 'vitest';
import { talkTo } from './talk.js';

/** What a contact reads of a text in a flow file. */
function reads(text: string, heard = 'Hi'): unknown {
  return talkTo(`steps:\n  - say: ${JSON.stringify(text)}`).say(heard)[0];
}

describe('Markdown in a file', () => {
  it.each([
    ['a **bold** word', 'a *bold* word'],
    ['***both***', '*_both_*'],
    ['~~gone~~', '~gone~'],
    ['# Opening hours\nTuesday', '*Opening hours*\nTuesday'],
    ['### **Deep** ###', '*Deep*'],
    ['[our site](https://x.example/a_b)', 'our site: https://x.example/a_b'],
    ['[https://x.example](https://x.example)', 'https://x.example'],
    ['**{{ input.text }}**', '*Hi*'],
    ['[{{ input.text }}](https://x.example/{{ input.text }})', 'Hi: https://x.example/Hi'],
    ['**a** and **b**', '*a* and *b*'],
  ])('%j is read as %j', (written, read) => expect(reads(written)).toBe(read));

  it.each([
    '*bold* _italic_ ~strike~ `code`',
    '- one\n- two\n1. three\n> quote',
    '* one\n* two',
    '2 ** 3 ** 4',
    'a#b and # alone',
    '`**not bold**` and ```\n# no heading\n```',
    '[a](no link) [b](mailto:x@x.example)',
    '**\n**',
    '~~ ~~',
    'Total: 5* ** *',
  ])('%j stays as it is', (written) => expect(reads(written)).toBe(written));

  it.each(['**bold**', '# heading', '[a](https://x.example)'])('a value like %j stays as it is', (value) => {
    expect(reads('You wrote {{ input.text }}', value)).toBe(`You wrote ${value}`);
  });

  it('is read in captions and reusable texts, and not in titles', () => {
    const talk = talkTo(
      'texts: { bye: "**Bye**" }\nsteps:\n  - say: texts.bye\n  - say: { text: Well?, buttons: [{ id: a, title: "**A**" }] }',
    );
    talk.say('Hi');
    const [bye, well] = talk.effects('send').map(({ message }) => message);
    expect(bye).toEqual({ type: 'text', text: '*Bye*' });
    expect(well).toMatchObject({ buttons: [{ title: '**A**' }] });
  });

  it('takes no time on a text made to take long', () => {
    const startedMs = performance.now();
    reads(`${'**a'.repeat(1_200)}${'['.repeat(400)}`);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});

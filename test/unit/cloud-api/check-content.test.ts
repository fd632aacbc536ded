import { describe, expect, it } from 'vitest';
import { checkContent } from '../../../src/cloud-api/check-content.js';
import type { MessageContent } from '../../../src/shared/message.js';

const x = (length: number, character = 'x') => character.repeat(length);
const button = (i: number, overrides: Partial<{ id: string; title: string }> = {}) => ({
  id: `b${i}`,
  title: `B${i}`,
  ...overrides,
});
const rows = (n: number, prefix = 'r') =>
  Array.from({ length: n }, (_, i) => ({ id: `${prefix}${i}`, title: `Row ${i}` }));
const withButtons = (overrides: Partial<MessageContent & { type: 'buttons' }> = {}): MessageContent => ({
  type: 'buttons',
  text: 'Which?',
  buttons: [button(1)],
  ...overrides,
});
const list = (overrides: Partial<MessageContent & { type: 'list' }> = {}): MessageContent => ({
  type: 'list',
  text: 'When?',
  button: 'Times',
  sections: [{ rows: rows(1) }],
  ...overrides,
});

describe('checkContent', () => {
  it.each<[string, MessageContent]>([
    ['a text of 4096', { type: 'text', text: x(4096) }],
    ['a text of 4096 emojis', { type: 'text', text: x(4096, '👍') }],
    ['a caption of 1024', { type: 'image', link: 'https://a.example/1.jpg', caption: x(1024) }],
    [
      'three full buttons',
      withButtons({
        text: x(1024),
        header: { type: 'text', text: x(60) },
        footer: x(60),
        buttons: [1, 2, 3].map((i) => button(i, { id: `${i}${x(255)}`, title: `${i}${x(19)}` })),
      }),
    ],
    ['buttons under an image', withButtons({ header: { type: 'image', link: 'http://a.example/1.jpg' } })],
    [
      'a full list',
      list({
        text: x(4096),
        header: { type: 'text', text: x(60) },
        footer: x(60),
        button: x(20),
        sections: Array.from({ length: 10 }, (_, i) => ({
          title: x(24),
          rows: [{ id: `${i}${x(199)}`, title: x(24), description: x(72) }],
        })),
      }),
    ],
    ['one section without a title', list({ sections: [{ rows: rows(10) }] })],
    [
      'rows of the same title',
      list({
        sections: [
          {
            rows: [
              { id: '1', title: 'a' },
              { id: '2', title: 'a' },
            ],
          },
        ],
      }),
    ],
  ])('lets %s pass', (_what, content) => expect(checkContent(content)).toEqual([]));

  const tooLong = (path: string, limit: number) => ({ path, fault: 'too_long', limit, actual: limit + 1 });
  it.each<[string, MessageContent, object[]]>([
    ['a text of 4097', { type: 'text', text: x(4097) }, [tooLong('text', 4096)]],
    ['4097 emojis', { type: 'text', text: x(4097, '👍') }, [tooLong('text', 4096)]],
    ['an empty text', { type: 'text', text: '' }, [{ path: 'text', fault: 'empty' }]],
    ['a text of spaces', { type: 'text', text: ' \n' }, [{ path: 'text', fault: 'empty' }]],
    ['a long caption', { type: 'image', link: 'https://a.example', caption: x(1025) }, [tooLong('caption', 1024)]],
    [
      'an empty caption',
      { type: 'image', link: 'https://a.example', caption: '' },
      [{ path: 'caption', fault: 'empty' }],
    ],
    ['a file path', { type: 'image', link: '/tmp/1.jpg' }, [{ path: 'link', fault: 'not_a_link' }]],
    ['a script', { type: 'image', link: 'javascript:alert(1)' }, [{ path: 'link', fault: 'not_a_link' }]],
    ['a body of 1025 over buttons', withButtons({ text: x(1025) }), [tooLong('text', 1024)]],
    ['a long header', withButtons({ header: { type: 'text', text: x(61) } }), [tooLong('header.text', 60)]],
    [
      'a header that is no link',
      withButtons({ header: { type: 'image', link: '?' } }),
      [{ path: 'header.link', fault: 'not_a_link' }],
    ],
    ['a long footer', withButtons({ footer: x(61) }), [tooLong('footer', 60)]],
    ['no button', withButtons({ buttons: [] }), [{ path: 'buttons', fault: 'too_few', limit: 1, actual: 0 }]],
    [
      'four buttons',
      withButtons({ buttons: [1, 2, 3, 4].map((i) => button(i)) }),
      [{ path: 'buttons', fault: 'too_many', limit: 3, actual: 4 }],
    ],
    ['a long button id', withButtons({ buttons: [button(1, { id: x(257) })] }), [tooLong('buttons[0].id', 256)]],
    [
      'a long button title',
      withButtons({ buttons: [button(1), button(2, { title: x(21) })] }),
      [tooLong('buttons[1].title', 20)],
    ],
    [
      'an empty button title',
      withButtons({ buttons: [button(1, { title: '' })] }),
      [{ path: 'buttons[0].title', fault: 'empty' }],
    ],
    [
      'equal button ids',
      withButtons({ buttons: [button(1), button(2, { id: 'b1' })] }),
      [{ path: 'buttons[1].id', fault: 'duplicate' }],
    ],
    [
      'equal button titles',
      withButtons({ buttons: [button(1), button(2, { title: 'B1' })] }),
      [{ path: 'buttons[1].title', fault: 'duplicate' }],
    ],
    ['a list of 4097', list({ text: x(4097) }), [tooLong('text', 4096)]],
    [
      'a list under an image',
      list({ header: { type: 'image', link: 'https://a.example' } }),
      [{ path: 'header', fault: 'not_allowed' }],
    ],
    ['a long list button', list({ button: x(21) }), [tooLong('button', 20)]],
    ['no section', list({ sections: [] }), [{ path: 'sections', fault: 'too_few', limit: 1, actual: 0 }]],
    [
      'a section without rows',
      list({ sections: [{ rows: [] }] }),
      [{ path: 'sections[0].rows', fault: 'too_few', limit: 1, actual: 0 }],
    ],
    [
      'eleven rows in two sections',
      list({
        sections: [
          { title: 'a', rows: rows(5, 'a') },
          { title: 'b', rows: rows(6, 'b') },
        ],
      }),
      [{ path: 'sections', fault: 'too_many', limit: 10, actual: 11 }],
    ],
    [
      'two sections, one without a title',
      list({ sections: [{ title: 'a', rows: rows(1, 'a') }, { rows: rows(1, 'b') }] }),
      [{ path: 'sections[1].title', fault: 'empty' }],
    ],
    ['a long section title', list({ sections: [{ title: x(25), rows: rows(1) }] }), [tooLong('sections[0].title', 24)]],
    [
      'a long row id',
      list({ sections: [{ rows: [{ id: x(201), title: 'a' }] }] }),
      [tooLong('sections[0].rows[0].id', 200)],
    ],
    [
      'a long row title',
      list({ sections: [{ rows: [{ id: '1', title: x(25) }] }] }),
      [tooLong('sections[0].rows[0].title', 24)],
    ],
    [
      'a long row description',
      list({ sections: [{ rows: [{ id: '1', title: 'a', description: x(73) }] }] }),
      [tooLong('sections[0].rows[0].description', 72)],
    ],
    [
      'equal row ids in two sections',
      list({
        sections: [
          { title: 'a', rows: rows(1) },
          { title: 'b', rows: rows(1) },
        ],
      }),
      [{ path: 'sections[1].rows[0].id', fault: 'duplicate' }],
    ],
  ])('names %s', (_what, content, faults) => expect(checkContent(content)).toEqual(faults));

  it('counts eleven sections and their eleven rows apart', () => {
    const sections = Array.from({ length: 11 }, (_, i) => ({ title: `S${i}`, rows: rows(1, `${i}`) }));
    expect(checkContent(list({ sections })).map(({ fault, limit }) => [fault, limit])).toEqual([
      ['too_many', 10],
      ['too_many', 10],
    ]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileFlows, type FlowFile, loadFlows } from '../../../src/flow/load.js';
import { MANIFEST, writeManifest } from '../../../src/flow/reading/own-files.js';
import { readFlowFolder } from '../../../src/flow-versions/read-folder.js';
import type { OwnFile } from '../../../src/shared/message.js';
import { hexOf, png } from '../../support/media-host.js';
import { flowFiles, Talk, versionOf } from './talk.js';

const file = (path: string, type: string, other: Partial<OwnFile> = {}): OwnFile => ({
  path,
  sha256: 'a'.repeat(64),
  bytes: 1_000,
  type,
  ...other,
});
const manifest = (...files: OwnFile[]): FlowFile => ({ path: MANIFEST, text: writeManifest(files) });
const MENU = file('menu.png', 'image/png');
const says = (what: string): FlowFile[] => flowFiles({ welcome: `steps:\n  - say: { ${what} }` });
const found = (...files: FlowFile[]) =>
  loadFlows(files).findings.map(
    ({ code, line, column, message, hint }) => `${line}:${column} ${code} ${message} | ${hint ?? ''}`,
  );

function sentBy(talk: Talk): unknown[] {
  talk.say('hi');
  return (talk.last?.effects ?? []).flatMap((effect) => (effect.effect === 'send' ? [effect.message] : []));
}

describe('a message with a file of the bot', () => {
  it('names it with everything that is needed to send it', () => {
    const talk = new Talk(versionOf([...says('image: { file: menu.png, caption: Look }'), manifest(MENU)]));
    expect(sentBy(talk)).toEqual([{ type: 'image', caption: 'Look', file: MENU }]);
  });

  it('is another one in a version with another file of that name', () => {
    const other = { ...MENU, sha256: 'b'.repeat(64) };
    const [first, second] = [MENU, other].map((one) =>
      versionOf([...says('image: { file: menu.png }'), manifest(one)]),
    );
    if (first === undefined || second === undefined) throw new Error('no version');
    expect(first.hash).not.toBe(second.hash);
    expect([sentBy(new Talk(first)), sentBy(new Talk(second))]).toEqual([
      [{ type: 'image', file: MENU }],
      [{ type: 'image', file: other }],
    ]);
  });

  it('is the same when it is compiled from what was stored', () => {
    const files = [...says('document: { file: menu.png }'), manifest(MENU)];
    const parts = compileFlows(files);
    let part = parts.next();
    while (part.done !== true) part = parts.next();
    if (part.value === undefined) throw new Error('no version');
    expect(part.value.hash).toBe(versionOf(files).hash);
    expect(sentBy(new Talk(part.value))).toEqual([{ type: 'document', file: MENU }]);
  });

  it.each<[string, OwnFile]>([
    ['image: { file: menu.png }', MENU],
    ['video: { file: a.mp4 }', file('a.mp4', 'video/mp4')],
    ['audio: { file: a.mp3 }', file('a.mp3', 'audio/mpeg')],
    ['voice: { file: a.ogg }', file('a.ogg', 'audio/ogg')],
    ['sticker: { file: a.webp }', file('a.webp', 'image/webp')],
    ['sticker: { file: a.webp }', file('a.webp', 'image/webp', { animated: true, bytes: 400_000 })],
    ['document: { file: some/where/a.xyz }', file('some/where/a.xyz', 'application/octet-stream')],
    ['text: Which?, header: { image: { file: menu.png } }, buttons: [{ id: a, title: A }]', MENU],
    ['template: { name: menu, language: en, header: { image: { file: menu.png } } }', MENU],
    [
      'template: { name: menu, language: en, cards: [{ header: { image: { file: menu.png } } }, { header: { image: { file: menu.png } } }] }',
      MENU,
    ],
  ])('is checked, and fine: %s', (what, own) => {
    expect(found(...says(what), manifest(own))).toEqual([]);
  });

  it.each<[string, OwnFile | undefined, string]>([
    [
      'image: { file: menu.png }',
      undefined,
      '4:26 unknown-file there is no file `menu.png` | put it into the folder `media` beside the flows',
    ],
    ['image: { file: menu.pgn }', MENU, '4:26 unknown-file there is no file `menu.pgn` | did you mean `menu.png`?'],
    [
      'image: { file: a.gif }',
      file('a.gif', 'application/octet-stream'),
      '4:26 whatsapp-limit an image is one of jpg, png, and `a.gif` is application/octet-stream | its bytes count, not its name',
    ],
    [
      'voice: { file: a.mp3 }',
      file('a.mp3', 'audio/mpeg'),
      '4:26 whatsapp-limit a voice message is one of ogg, and `a.mp3` is audio/mpeg | its bytes count, not its name',
    ],
    [
      'image: { file: menu.png }',
      { ...MENU, bytes: 6_000_000 },
      '4:26 whatsapp-limit `menu.png` has 5.7 MB; an image has 5.0 MB at most | ',
    ],
    [
      'sticker: { file: a.webp }',
      file('a.webp', 'image/webp', { bytes: 150_000 }),
      '4:28 whatsapp-limit `a.webp` has 147 KB; a sticker that does not move has 100 KB at most | ',
    ],
    [
      'image: { file: "{{ context.x }}.png" }',
      MENU,
      '4:26 invalid-value a file has a name of letters, digits, spaces, dots, - and _ | write the path of a file in the folder `media` beside the flows, such as menu.pdf, without {{ }}',
    ],
    [
      'image: { file: ../secret.png }',
      MENU,
      '4:26 invalid-value a file has a name of letters, digits, spaces, dots, - and _ | write the path of a file in the folder `media` beside the flows, such as menu.pdf, without {{ }}',
    ],
    [
      'image: { file: menu.png, link: "https://x.example/a" }',
      MENU,
      '4:20 invalid-combination an image has one of `link`, `file` and `media` | ',
    ],
  ])('is checked, and wrong: %s', (what, own, finding) => {
    expect(
      found(...says(what), ...(own === undefined ? [] : [manifest(own)])).map((one) => one.replace(/^4:\d+/, '4:')),
    ).toEqual([finding.replace(/^4:\d+/, '4:')]);
  });
});

describe('a folder with files beside its flows', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'parlance-flows-'));
    writeFileSync(
      join(dir, 'welcome.yaml'),
      'spec: 1\nflow: welcome\nsteps: [{ say: { image: { file: a/menu.png } } }]\n',
    );
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('is the version it always was while there are none', () => {
    expect(readFlowFolder(dir).map(({ path }) => path)).toEqual(['welcome.yaml']);
  });

  it('lists them with their hash, size and what they really are', () => {
    mkdirSync(join(dir, 'media/a'), { recursive: true });
    writeFileSync(join(dir, 'media/a/menu.png'), png(2_000_000));
    writeFileSync(join(dir, 'media/lies.jpg'), 'MZ');
    writeFileSync(join(dir, 'media/.DS_Store'), 'x');
    const files = readFlowFolder(dir);
    const listed = files
      .find(({ path }) => path === MANIFEST)
      ?.text.trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(listed).toEqual([
      { path: 'a/menu.png', sha256: hexOf(png(2_000_000)), bytes: 2_000_000, type: 'image/png' },
      { path: 'lies.jpg', sha256: hexOf(Buffer.from('MZ')), bytes: 2, type: 'application/octet-stream' },
    ]);
    expect(loadFlows(files).findings).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import {
  bareType,
  extensionOf,
  fitsKind,
  isAllowedType,
  readSha256,
  realType,
  typeOfName,
  USUAL_TYPES,
} from '../../../src/shared/media-types.js';

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
const JPEG = bytes([0xff, 0xd8, 0xff, 0xe0]);
const PNG = bytes([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const WEBP = bytes('RIFF', [4, 0, 0, 0], 'WEBPVP8 ');
const MP4 = bytes([0, 0, 0, 24], 'ftypisom');
const OGG = bytes('OggS', [0, 2]);
const ZIP = bytes('PK', [3, 4]);
const OLE = bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
const EXE = bytes('MZ', [0x90, 0]);
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

describe('what a file really is', () => {
  it.each<[string, Buffer, string | undefined]>([
    ['image/jpeg', JPEG, 'image/jpeg'],
    ['image/jpeg', PNG, 'image/png'],
    ['image/jpeg', EXE, undefined],
    ['image/jpeg', Buffer.alloc(0), undefined],
    ['image/webp', WEBP, 'image/webp'],
    ['video/mp4', MP4, 'video/mp4'],
    ['video/3gpp', MP4, 'video/3gpp'],
    ['audio/mp4', MP4, 'audio/mp4'],
    ['audio/ogg', OGG, 'audio/ogg'],
    ['audio/amr', bytes('#!AMR\n'), 'audio/amr'],
    ['audio/mpeg', bytes('ID3', [4]), 'audio/mpeg'],
    ['audio/mpeg', bytes([0xff, 0xfb, 0x90]), 'audio/mpeg'],
    ['audio/aac', bytes([0xff, 0xf1, 0x50]), 'audio/aac'],
    ['audio/mpeg', bytes([0xff, 0xf1, 0x50]), undefined],
    ['application/pdf', bytes('%PDF-1.7'), 'application/pdf'],
    ['application/pdf', bytes([0xef, 0xbb, 0xbf], '\n%PDF-1.4'), 'application/pdf'],
    ['application/pdf', bytes('<html>'), undefined],
    ['application/msword', OLE, 'application/msword'],
    ['application/msword', bytes('{\\rtf1'), 'application/msword'],
    ['application/vnd.ms-excel', ZIP, undefined],
    [DOCX, ZIP, DOCX],
    [DOCX, OLE, undefined],
    ['text/plain', bytes('olá'), 'text/plain'],
    ['text/plain', bytes([0xff, 0xfe], 'o\0l\0'), 'text/plain'],
    ['text/plain', bytes('a\0b'), undefined],
    ['text/plain', EXE, undefined],
    ['text/plain', bytes('#!/bin/sh\n'), undefined],
    ['text/csv', PNG, 'image/png'],
    ['application/x-unheard-of', bytes('anything'), 'application/x-unheard-of'],
    ['application/x-unheard-of', EXE, undefined],
    ['application/octet-stream', PNG, 'image/png'],
    ['application/octet-stream', bytes('anything'), 'application/octet-stream'],
  ])('that says it is %s: %#', (declared, head, real) => {
    expect(realType(declared, head)).toBe(real);
  });

  it.each([
    ['image', 'image/png', true],
    ['image', 'application/pdf', false],
    ['sticker', 'image/webp', true],
    ['sticker', 'video/mp4', false],
    ['audio', 'audio/ogg', true],
    ['document', 'video/mp4', true],
  ] as const)('fits its kind: %s of %s', (kind, type, fits) => {
    expect(fitsKind(kind, type)).toBe(fits);
  });
});

describe('a type', () => {
  it.each([
    ['audio/ogg; codecs=opus', 'audio/ogg'],
    [' IMAGE/PNG ', 'image/png'],
    [`${DOCX}`, DOCX],
    ['no type', ''],
    ['image/', ''],
    ['../etc/passwd', ''],
  ])('is read without its parameters: %j', (written, bare) => expect(bareType(written)).toBe(bare));

  it('has an ending, by which it is found again', () => {
    for (const type of USUAL_TYPES) expect(typeOfName(`a.${extensionOf(type)}`)).toBe(type);
    expect(extensionOf('application/x-unheard-of')).toBe('bin');
    expect([typeOfName('a.JPEG'), typeOfName('a.opus'), typeOfName('a.exe'), typeOfName('jpg')]).toEqual([
      'image/jpeg',
      'audio/ogg',
      'application/octet-stream',
      'application/octet-stream',
    ]);
  });

  it('is allowed by name, by family, or with all others', () => {
    expect(isAllowedType('image/png', ['image/png'])).toBe(true);
    expect(isAllowedType('image/png', ['image/*'])).toBe(true);
    expect(isAllowedType('imagery/png', ['image/*'])).toBe(false);
    expect(isAllowedType('image/svg+xml', USUAL_TYPES)).toBe(false);
    expect(isAllowedType('x/y', ['*/*'])).toBe(true);
  });
});

describe('a hash of Meta’s', () => {
  const hex = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const base64 = Buffer.from(hex, 'hex').toString('base64');
  it.each([
    [hex, hex],
    [hex.toUpperCase(), hex],
    [base64, hex],
    [base64.slice(0, -1), hex],
    [hex.slice(0, -2), undefined],
    ['none', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('is read from hex and base64: %s', (written, read) => expect(readSha256(written)).toBe(read));
});

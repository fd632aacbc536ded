import { describe, expect, it } from 'vitest';
import { GraphUrlError, parseBaseUrl } from '../../../src/cloud-api/base-url.js';

describe('parseBaseUrl', () => {
  it.each([
    ['https://graph.facebook.com', 'https://graph.facebook.com', ''],
    ['https://graph.facebook.com/', 'https://graph.facebook.com', ''],
    ['https://proxy.example:8443/meta/graph//', 'https://proxy.example:8443', '/meta/graph'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000', ''],
    ['http://localhost:4000/sim', 'http://localhost:4000', '/sim'],
    ['http://[::1]:4000', 'http://[::1]:4000', ''],
    ['http://simulator:4000', 'http://simulator:4000', ''],
    ['http://host.docker.internal:4000', 'http://host.docker.internal:4000', ''],
    ['http://10.1.2.3', 'http://10.1.2.3', ''],
    ['http://172.31.0.2', 'http://172.31.0.2', ''],
  ])('takes %s', (text, origin, prefix) => expect(parseBaseUrl(text)).toEqual({ origin, prefix }));

  it.each([
    'graph.facebook.com',
    '',
    'ftp://graph.facebook.com',
    'http://graph.facebook.com',
    'http://8.8.8.8',
    'http://172.32.0.2',
    'http://127.0.0.1.example.com',
    'http://[2001:db8::1]',
  ])('refuses %j, where tokens would travel in the clear or nowhere', (text) => {
    expect(() => parseBaseUrl(text)).toThrow(GraphUrlError);
  });
});

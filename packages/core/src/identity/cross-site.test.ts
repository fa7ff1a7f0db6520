import { describe, expect, it } from 'vitest';
import { createCrossSiteCheck } from './cross-site.js';

const JSON_POST = { 'content-type': 'application/json' };

describe('createCrossSiteCheck (R-SEC-7, R21)', () => {
  it.each([
    ['the own page posts', { ...JSON_POST, origin: 'https://app.example.com', 'sec-fetch-site': 'same-origin' }],
    ['an old browser posts from the own page', { ...JSON_POST, origin: 'https://app.example.com' }],
    ['the own page is served through a proxy that ends TLS', { ...JSON_POST, origin: 'http://app.example.com' }],
    ['a proxy changed the host', { ...JSON_POST, origin: 'http://localhost:5173', 'sec-fetch-site': 'same-origin' }],
    ['a script without a browser sends the cookie', JSON_POST],
    ['JSON has a charset', { 'content-type': 'Application/JSON; charset=utf-8' }],
    [
      'multipart has a header no form can send',
      { 'content-type': 'multipart/form-data; boundary=x', 'x-requested-with': 'fetch' },
    ],
    ['multipart has our own header', { 'content-type': 'multipart/form-data; boundary=x', 'x-portico-csrf': '1' }],
  ])('lets a call pass when %s', (_, headers) => {
    expect(() => post(headers)).not.toThrow();
  });

  it.each([
    [
      'a form of another site sends JSON as text',
      { 'content-type': 'text/plain', origin: 'https://evil.example' },
      415,
    ],
    ['there is no content type', {}, 415],
    ['a form posts fields', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['the content type only begins like JSON', { 'content-type': 'application/jsonp' }, 415],
    ['a form posts multipart', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['the browser says it is from another site', { ...JSON_POST, 'sec-fetch-site': 'cross-site' }, 403],
    ['the browser says it is from a neighbour', { ...JSON_POST, 'sec-fetch-site': 'same-site' }, 403],
    [
      'it is from the own host without TLS',
      { ...JSON_POST, origin: 'http://app.example.com', 'sec-fetch-site': 'cross-site' },
      403,
    ],
    ['the origin is another one', { ...JSON_POST, origin: 'https://evil.example' }, 403],
    ['the origin begins like the own', { ...JSON_POST, origin: 'https://app.example.com.evil.example' }, 403],
    ['the origin has another port', { ...JSON_POST, origin: 'https://app.example.com:8443' }, 403],
    ['the origin is opaque', { ...JSON_POST, origin: 'null' }, 403],
    [
      'the origin is opaque and the browser is content',
      { ...JSON_POST, origin: 'null', 'sec-fetch-site': 'same-origin' },
      403,
    ],
    ['the origin is no origin', { ...JSON_POST, origin: 'app.example.com' }, 403],
  ])('refuses a call when %s', (_, headers, status) => {
    expect(() => post(headers)).toThrow(expect.objectContaining({ status }));
  });

  it('lets the sites pass that the configuration allows', () => {
    const csrf = { origins: ['https://Admin.Example.com/', 'http://localhost:5173'] };
    const allowed = { ...JSON_POST, origin: 'https://admin.example.com', 'sec-fetch-site': 'same-site' };
    expect(() => post(allowed, { csrf })).not.toThrow();
    expect(() => post({ ...allowed, origin: 'http://admin.example.com' }, { csrf })).toThrow();
    expect(() => post({ ...JSON_POST, origin: 'https://app.example.com' }, { csrf })).not.toThrow();
  });

  it('lets the page read, but no other site', () => {
    expect(() => post({}, { method: 'GET' })).not.toThrow();
    expect(() => post({ 'sec-fetch-site': 'none' }, { method: 'GET' })).not.toThrow();
    expect(() => post({ 'sec-fetch-site': 'cross-site' }, { method: 'GET' })).toThrow(/csrf\.origins/);
  });

  it('compares ports, of which browsers leave out the usual one', () => {
    const origin = { ...JSON_POST, origin: 'https://app.example.com' };
    expect(() => post(origin, { authority: 'APP.example.com:443' })).not.toThrow();
    expect(() => post(origin, { authority: 'app.example.com:80' })).toThrow();
    expect(() => post(origin, { authority: undefined })).toThrow();
  });

  it('can be switched off', () => {
    expect(() => post({ origin: 'https://evil.example' }, { csrf: false })).not.toThrow();
  });

  it.each(['app.example.com', 'https://app.example.com/path', 'null', 'file:///x', ''])(
    'fails at once for the allowed origin "%s", with its path',
    (origin) => {
      expect(() => createCrossSiteCheck({ origins: ['https://fine.example', origin] })).toThrow('csrf.origins[1]');
    },
  );
});

interface Situation {
  readonly method?: string;
  readonly authority?: string | undefined;
  readonly csrf?: Parameters<typeof createCrossSiteCheck>[0];
}

function post(headers: Readonly<Record<string, string>>, situation: Situation = {}): void {
  const { method = 'POST', csrf } = situation;
  const authority = 'authority' in situation ? situation.authority : 'app.example.com';
  createCrossSiteCheck(csrf)({ method, authority, header: (name) => headers[name] });
}

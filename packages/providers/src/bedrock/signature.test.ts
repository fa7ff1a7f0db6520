import { describe, expect, it } from 'vitest';
import { type SignableRequest, signatureV4 } from './signature.js';

/** The credentials, the place and the time of AWS' own test suite of Signature Version 4. */
const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: undefined,
  expiresAt: Number.POSITIVE_INFINITY,
};
const TIME = Date.parse('2015-08-30T12:36:00Z');
const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

type Vector = readonly [name: string, request: Partial<SignableRequest>, signature: string];

/** From that suite (https://github.com/awslabs/aws-c-auth): paths are told as they are before they are encoded for sending. */
const VECTORS: readonly Vector[] = [
  ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ['get-utf8', { path: '/ሴ' }, '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
  ['get-space', { path: '/example space/' }, '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741'],
  [
    'get-slash-pointless-dot',
    { path: '/./example' },
    'beb03f223f7deae4146464f06e29eebbee9c8afbe15c290cf07aa8b119e14cff',
  ],
  [
    'get-vanilla-query-order-key-case',
    { path: '/?Param2=value2&Param1=value1' },
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-order-encoded',
    { path: '/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1' },
    '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  ],
  [
    'get-vanilla-query-unreserved',
    { path: `/?${UNRESERVED}=${UNRESERVED}` },
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  ['get-vanilla-utf8-query', { path: '/?ሴ=bar' }, '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'],
  [
    'post-vanilla-query',
    { method: 'POST', path: '/?Param1=value1' },
    '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  ],
  [
    'get-header-value-trim',
    { headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' } },
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'post-header-value-case',
    { method: 'POST', headers: { 'my-header1': 'VALUE1' } },
    'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  ],
  [
    'post-x-www-form-urlencoded',
    {
      method: 'POST',
      headers: {
        ...FORM,
        'content-length': '13',
        'x-amz-content-sha256': '9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e',
      },
      body: 'Param1=value1',
    },
    'd3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b',
  ],
];

describe('Signature Version 4', () => {
  it.each(VECTORS)('signs as the published vector %s', async (_name, request, signature) => {
    const { authorization } = await signatureV4('service', 'us-east-1')(whole(request), KEYS, TIME);
    expect(authorization?.split('Signature=')[1]).toBe(signature);
  });

  it('signs with keys that are lent as the published vector get-vanilla-with-session-token', async () => {
    const sessionToken = '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267';
    expect(await signatureV4('service', 'us-east-1')(whole({}), { ...KEYS, sessionToken }, TIME)).toEqual({
      'x-amz-date': '20150830T123600Z',
      'x-amz-security-token': sessionToken,
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
    });
  });

  it("signs a request to Bedrock as AWS' own library does, its path encoded twice", async () => {
    const request = {
      method: 'POST',
      host: 'bedrock-runtime.us-east-1.amazonaws.com',
      path: '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse',
      headers: {
        'content-type': 'application/json',
        'x-amz-content-sha256': '5e4ce7b36ba37b78a5d5f9fd08e6b7b54ba6879d651aa46ec9e1d6fa24ebe30a',
      },
      body: '{"messages":[]}',
    };
    const { authorization } = await signatureV4('bedrock', 'us-east-1')(
      request,
      KEYS,
      Date.parse('2025-01-02T03:04:05Z'),
    );
    expect(authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250102/us-east-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=2fb0f641e8276ceaec2f50d8dc997dbac2eba9ebbc5e760d5b6e6ba5697de0ed',
    );
  });

  it('signs bytes as it signs their text, and the next day with another key', async () => {
    const sign = signatureV4('bedrock', 'eu-west-1');
    const text = await sign(whole({ body: 'ä' }), KEYS, TIME);
    expect(await sign(whole({ body: new TextEncoder().encode('ä') }), KEYS, TIME)).toEqual(text);
    const tomorrow = await sign(whole({ body: 'ä' }), KEYS, TIME + 86_400_000);
    expect(tomorrow).toEqual(await signatureV4('bedrock', 'eu-west-1')(whole({ body: 'ä' }), KEYS, TIME + 86_400_000));
    expect(tomorrow.authorization).not.toBe(text.authorization);
  });
});

function whole(request: Partial<SignableRequest>): SignableRequest {
  return { method: 'GET', host: 'example.amazonaws.com', path: '/', headers: {}, body: undefined, ...request };
}

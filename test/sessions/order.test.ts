import type { CredentialSource } from '@portico/core';
import { type FakeProvider, startFakeProvider } from '@portico/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WIRES } from '../support/gateway-on.js';
import { MOUNTS, type Mounted } from '../support/mounts.js';

const KEY = 'sk-portico-0123456789abcdef0123456789abcdef';

/** What a request may show in its `Authorization` header: what it is, and whether it is right. */
const BEARERS = {
  'no bearer': undefined,
  'a good key': { source: 'key', isRight: true },
  'a bad key': { source: 'key', isRight: false },
  'a good token': { source: 'token', isRight: true },
  'a bad token': { source: 'token', isRight: false },
} as const;
type Bearer = keyof typeof BEARERS;

const ORDERS: readonly (readonly CredentialSource[] | undefined)[] = [
  undefined,
  ['session', 'key', 'token', 'anonymous'],
  ['token', 'session', 'key', 'anonymous'],
  ['key', 'token', 'anonymous', 'session'],
  ['anonymous', 'key', 'token', 'session'],
];

describe.each(ORDERS.map((order) => ({ order, title: order?.join(', ') ?? 'nothing declared' })))(
  'R22: credentials in the order: $title',
  ({ order }) => {
    let provider: FakeProvider;
    let mounted: Mounted;
    let bearers: Readonly<Record<Bearer, string | undefined>>;
    beforeAll(async () => {
      provider = await startFakeProvider();
      mounted = await MOUNTS['Express 5']({
        models: { chat: [WIRES.openai(provider, 'well')] },
        keys: [{ key: KEY, principal: { id: 'key' } }],
        tokens: { secret: 'a secret of the tests, and of nothing else' },
        authenticate: ({ req }) => (req.headers.cookie === 'session=good' ? { id: 'session' } : undefined),
        anonymous: { id: 'anonymous' },
        ...(order && { credentials: order }),
        authorize({ request }) {
          expect(request.via).toBe(request.principal.id);
        },
      });
      const { token } = await mounted.gateway.issueToken({ id: 'token' }, { expiresInMs: 60_000 });
      const forged = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
      bearers = {
        'no bearer': undefined,
        'a good key': KEY,
        'a bad key': `${KEY.slice(0, -1)}0`,
        'a good token': token,
        'a bad token': forged,
      };
    });
    afterAll(async () => {
      await mounted.close();
      await provider.close();
    });

    const cells = (Object.keys(BEARERS) as Bearer[]).flatMap((bearer) =>
      [false, true].map((hasSession) => {
        const expected = whoIsIt(order, bearer, hasSession);
        return { bearer, hasSession, expected, title: `${bearer} and ${hasSession ? 'a' : 'no'} session: ${expected}` };
      }),
    );
    it.each(cells)('$title', async ({ bearer, hasSession, expected }) => {
      const shown = bearers[bearer];
      const before = provider.log.requests.length;
      const answer = await mounted.post(
        { model: 'chat', messages: [{ role: 'user', content: 'Hello' }] },
        {
          headers: {
            ...(shown && { authorization: `Bearer ${shown}` }),
            ...(hasSession && { cookie: 'session=good' }),
          },
        },
      );
      expect(answer.status).toBe(expected === 'refused' ? 401 : 200);
      expect(provider.log.requests.length - before).toBe(expected === 'refused' ? 0 : 1);
    });
  },
);

/** The rule: the first that was shown decides, right or wrong. Nobody is asked for who shows nothing but themselves. */
function whoIsIt(order: (typeof ORDERS)[number], bearer: Bearer, hasSession: boolean): CredentialSource | 'refused' {
  for (const source of order ?? (['key', 'token', 'session', 'anonymous'] as const)) {
    if (source === 'anonymous') return 'anonymous';
    if (source === 'session' && hasSession) return 'session';
    const shown = BEARERS[bearer];
    if (shown?.source === source) return shown.isRight ? source : 'refused';
  }
  return 'refused';
}

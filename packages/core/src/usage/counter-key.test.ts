import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scriptedGateway } from '../../test/scripted-gateway.js';
import { chargedKey, deploymentKey, nodeKey, principalKey } from './counter-key.js';

/** Ids made of what keys are written with, which are the likeliest to be taken for another. */
const ids = fc
  .array(fc.constantFrom('principal', 'deployment', 'node', 'charged', ':', '"', ',', '[', ']', '\\', 'a'))
  .map((parts) => parts.join(''));

it('no two things that are counted share a counter, whatever their ids are', () => {
  fc.assert(
    fc.property(ids, ids, ids, ids, (a, b, c, d) => {
      const kinds = [principalKey(a), deploymentKey(a), chargedKey(a), nodeKey(a, b)];
      expect(new Set(kinds).size).toBe(kinds.length);
      if (a !== c) expect(principalKey(a)).not.toBe(principalKey(c));
      if (a !== c || b !== d) expect(nodeKey(a, b)).not.toBe(nodeKey(c, d));
    }),
  );
});

it('a caller whose id looks like a deployment takes nothing of what the deployment may be asked', async () => {
  const { ask } = scriptedGateway({
    models: { fast: { deployments: [{ model: 'acme/one', id: 'one', limits: { requestsPerMinute: 4 } }] } },
    cooldowns: { maxWaitMs: 0 },
  });
  for (const id of ['deployment:one', 'deployment:one', 'deployment:one', 'ada']) {
    expect(await ask('fast', {}, { id, limits: { requestsPerMinute: 100 } })).toBe('one');
  }
});

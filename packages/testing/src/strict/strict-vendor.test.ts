import { describe, expect, it } from 'vitest';
import { examplesOf } from './example-requests.js';
import { STRICT_VENDORS, strictRules, strictVendor } from './strict-vendor.js';
import { VENDORS } from './strict-vendors.js';

describe('strict vendors', () => {
  it('are at least 25, with at least 250 rules, each with a source and told apart from the others of its wire', () => {
    expect(STRICT_VENDORS.length).toBeGreaterThanOrEqual(25);
    const rules = strictRules();
    expect(rules.length).toBeGreaterThanOrEqual(250);
    for (const rule of rules) expect(rule.source, `${rule.vendor}: ${rule.id}`).toMatch(/\S{3}/);
    const ids = rules.map(({ vendor, wire, id }) => `${vendor} ${wire} ${id}`);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it('are not known by any other name', () => {
    expect(() => strictVendor('nobody')).toThrow('No rules are known for "nobody". Known: openai, azure,');
  });

  it('take what is of no wire there are rules of', () => {
    expect(strictVendor('openai').check({ path: '/v1/models', body: undefined })).toBeUndefined();
  });
});

describe.each(VENDORS.map((vendor) => [vendor.title, vendor] as const))('%s', (_title, vendor) => {
  const strict = strictVendor(vendor.name);

  it.each(
    examplesOf(vendor).map(
      (example) => [`${example.wire}: ${example.rule.refuses} (${example.rule.id})`, example] as const,
    ),
  )('refuses %s, and takes its near neighbour', (_name, { rule, refused, accepted }) => {
    const neighbour = strict.check(accepted);
    expect(neighbour && `${neighbour.rule}: ${neighbour.message}`).toBeUndefined();
    const refusal = strict.check(refused);
    expect(refusal?.rule).toBe(rule.id);
    expect(refusal?.status).toBeGreaterThanOrEqual(400);
    // A message that is JSON itself stands in the body as it is.
    const { body, message = '' } = refusal ?? {};
    const [asText, asJson] = [JSON.stringify(message).slice(1, 30), message.slice(0, 30)];
    expect(JSON.stringify(body)).toSatisfy((said: string) => said.includes(asText) || said.includes(asJson));
  });
});

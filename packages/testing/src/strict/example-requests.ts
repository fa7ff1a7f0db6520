import type { ExampleOf, StrictRule, StrictVendorDefinition, StrictWire, VendorWire } from './strict-rule.js';
import type { StrictRequest } from './strict-vendor.js';

/** A rule with a request it refuses and a near neighbour the vendor takes. */
export interface RuleExamples {
  readonly wire: StrictWire;
  readonly rule: StrictRule;
  readonly refused: StrictRequest;
  readonly accepted: StrictRequest;
}

/** The examples of all rules of a vendor. */
export function examplesOf(vendor: StrictVendorDefinition): RuleExamples[] {
  return Object.entries(vendor.wires).flatMap(([name, wire]) =>
    wire.rules.map((rule) => ({
      wire: name as StrictWire,
      rule,
      refused: requestOf(vendor, wire, rule.refused),
      accepted: requestOf(vendor, wire, rule.accepted),
    })),
  );
}

function requestOf(vendor: StrictVendorDefinition, wire: VendorWire, example: ExampleOf): StrictRequest {
  const { body, model = vendor.model, headers, query } = example(wire.plain);
  const [path = '', usual] = wire.path.replace('{model}', encodeURIComponent(model)).split('?');
  const search = query ?? usual;
  return {
    path: search === undefined ? path : `${path}?${search}`,
    headers: { 'anthropic-version': '2023-06-01', ...headers },
    body:
      wire.plain.model === undefined
        ? body
        : { ...body, model: body.model === wire.plain.model ? (example(wire.plain).model ?? body.model) : body.model },
  };
}

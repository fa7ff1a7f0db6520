import type { Call } from '../call.js';
import type { Operation, UpstreamOperation } from '../operation.js';
import { totalInputTokens } from '../usage.js';
import type { Meter } from './meter.js';
import type { OwnAnswer } from './respond.js';
import type { Route } from './route.js';

/** What the gateway answers by itself where nobody can be asked; undefined where an upstream is to answer. */
export function estimated(call: Call<unknown, Operation>, meter: Meter, route: Route): OwnAnswer | undefined {
  const { answerByEstimate } = call.operation as Partial<UpstreamOperation>; // others answer nothing by themselves
  if (answerByEstimate === undefined || route.canServe(call)) return undefined;
  call.warnings.push('No upstream of this model counts tokens: the number is an estimate.');
  return {
    kind: 'own',
    attempt: undefined,
    body: JSON.stringify(answerByEstimate(totalInputTokens(meter.estimate(0)))),
  };
}

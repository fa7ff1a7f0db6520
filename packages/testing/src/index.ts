export type { ScriptedCall, ScriptedReply } from './answers/compose-answer.js';
export type { OfferedTool, Question } from './answers/question.js';
export { expectNoOpenRequests, expectRequestedModels } from './assertions.js';
export { type FakeClock, fakeClock } from './fake-clock.js';
export { type FakeProvider, type FakeProviderOptions, startFakeProvider, strictUpstream } from './fake-provider.js';
export { FAULTS, type Fault, type FaultId, faultModels, faultTable } from './faults.js';
export type { LoggedRequest, ProviderLog, RequestOutcome } from './provider-log.js';
export {
  type CaseLine,
  type ExpectedAnswer,
  listCases,
  listDocumentedErrors,
  type RecordedCase,
  readCase,
} from './recorded-case.js';
export { type ReplayProvider, type ReplayProviderOptions, startReplayProvider } from './replay-provider.js';
export { seededRandom } from './seeded-random.js';
export type { FaultOptions } from './serving/serve-fault.js';
export type { StrictWire } from './strict/strict-rule.js';
export { strictTable } from './strict/strict-table.js';
export {
  type ListedRule,
  type Refusal,
  STRICT_VENDORS,
  type StrictRequest,
  type StrictVendor,
  type StrictVendorOptions,
  strictRules,
  strictVendor,
} from './strict/strict-vendor.js';
export { type UnreachableUrls, unreachableUrls } from './unreachable-urls.js';

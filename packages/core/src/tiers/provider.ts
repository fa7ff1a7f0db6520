// For who writes a provider, a transport or an interceptor: what goes to an upstream, and what comes back.
export { Cancellation } from '../cancellation.js';
export type { Codec, Counting, EncodeTarget, Framing, StreamDecoder, StreamSink } from '../codec.js';
export { BRIDGED_REASONING } from '../encoding/bridged-reasoning.js';
export type { Operation, RelayedOperationName, RequestSummary, UpstreamOperation } from '../operation.js';
export type { PartialAnswer, StreamRecovery } from '../partial-answer.js';
export type { Connection, ConnectionSettings, ErrorAnswer, Provider, RoomLeft, SigningContext } from '../provider.js';
export type {
  ByteSink,
  ByteSource,
  HeaderLookup,
  Send,
  Transport,
  UpstreamReply,
  UpstreamRequest,
} from '../transport.js';
export { usageOfAnswer } from '../usage/usage-of-answer.js';
export { usageOfMessages } from '../usage/usage-of-messages.js';

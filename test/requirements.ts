/** One promise Portico makes and keeps by a test. */
export interface Requirement {
  readonly id: string;
  /** What holds, in one sentence. */
  readonly sentence: string;
  /** Where it comes from: a public issue, a standard, a trap that somebody ran into. */
  readonly source: string;
}

/**
 * Every promise as data. Tests cite the ids in their titles; `requirements.test.ts` fails for one that nobody cites. What
 * later work will promise is added here by that work.
 */
export const REQUIREMENTS: readonly Requirement[] = [
  promise(
    'R-STR-1',
    'Streamed tool arguments joined equal the whole, byte for byte, at any size and in parallel.',
    'litellm#4495, #25561, #29491',
  ),
  promise(
    'R-STR-2',
    'Exactly one usage reaches a client that asked, none one that did not, and one always the ledger.',
    'litellm#3490, #23847; langfuse#8808',
  ),
  promise(
    'R-STR-3',
    'A stream that ends without its terminal event is never ended cleanly.',
    'Portkey-AI/gateway#1797',
  ),
  promise(
    'R-STR-4',
    'Nothing is written before the first content; an error until then fails over like any other.',
    'litellm#40404; bifrost#5395',
  ),
  promise(
    'R-STR-5',
    'After content was sent a failure is one error in the stream, and the first failure is the one told.',
    'litellm#27967; sub2api#1007',
  ),
  promise(
    'R-STR-6',
    'A client that leaves, in any phase, closes the upstream within 250 ms.',
    'litellm#3341; vercel/ai#8325',
  ),
  promise(
    'R-STR-7',
    'The first token passes compression at once, and nobody is warned.',
    'vercel/ai#11917; expresse#2',
  ),
  promise('R-STR-8', 'A malformed event is skipped and counted; the process stays up.', 'litellm#38009'),
  promise(
    'R-STR-9',
    'Silence ends an attempt at a deadline, and the silent route is not asked again.',
    'Failover Bench S06',
  ),
  promise(
    'R-XL-1',
    'Opaque reasoning state round-trips byte for byte.',
    'litellm#15601, #38809; openai-agents-python#4155',
  ),
  promise(
    'R-XL-2',
    'Tool schemas are brought to what a wire takes, and tool results are never touched.',
    'litellm#3891, #38223',
  ),
  promise('R-XL-3', 'Translation keeps roles, order, tool ids and their pairing.', 'litellm#21087'),
  promise(
    'R-XL-4',
    'Unknown fields are carried to the same wire; what a model family refuses is a table.',
    'litellm#34420',
  ),
  promise(
    'R-BUD-1',
    'Reservations never exceed a budget, however many calls come at once.',
    'litellm#34732; new-api#6609',
  ),
  promise('R-BUD-2', 'All limits of a call are reserved, or none.', 'bifrost#2873'),
  promise('R-BUD-3', 'A reservation that is never settled is given back when its lease ends.', 'new-api#2440'),
  promise(
    'R-BUD-4',
    'Every route, files, batches, realtime and pass-through among them, goes through the same admission and is metered.',
    'bifrost#2873',
  ),
  promise('R-BUD-5', 'Over budget is final, says so to clients that retry, and when it starts anew.', 'cognee#4321'),
  promise(
    'R-BUD-7',
    'A counter store that is slow or gone costs a call nothing once that is known: it is refused, or counted here alone, as configured.',
    "LiteLLM's engineering post of April 2026; h02 of the list of faults",
  ),
  promise('R-BUD-6', 'A usage record names the edition of the prices it was rated with.', 'litellm#20615'),
  promise(
    'R-SP-1',
    'Usage is counted in disjoint buckets that sum to what the vendor counted.',
    'litellm#14849, #9812',
  ),
  promise('R-SP-2', 'Every admitted call leaves exactly one record, whatever its end.', 'litellm#35958; new-api#7241'),
  promise('R-SP-4', 'Missing usage is estimated and marked, never zero.', 'hermes-agent#12023'),
  promise('R-SP-5', 'An unknown price never means free.', 'litellm incident of 27 January 2026'),
  promise('R-SP-6', 'Prices ship with the package; nothing is fetched.', 'litellm incident of 27 January 2026'),
  promise('R-PF-2', 'A slow reader slows its upstream down; nothing piles up.', 'bifrost#828'),
  promise('R-FO-2', 'Retry-After is honoured, as seconds and as a date, within one deadline.', 'litellm#3646'),
  promise(
    'R-FO-3',
    'The class of a failure decides whether it is retried, taken elsewhere or told.',
    'Portkey-AI/gateway#855',
  ),
  promise(
    'R-FO-4',
    'The later rest wins; when all rest a call waits, or is told when to come back.',
    'litellm#40130, #3646',
  ),
  promise('R-FO-5', 'The answer can say who gave it and who was asked before.', 'orcarouter-lite#121'),
  promise('R-SEC-3', 'Keys are looked up by a hash of the whole key.', 'CVE-2026-35030'),
  promise('R-SEC-4', 'The upstream is fixed by configuration and redirects are not followed.', 'CVE-2025-66405'),
  promise('R-SEC-5', 'Nothing a client says can change the host or path that is asked.', 'Portkey-AI/gateway#1596'),
  promise('R-SEC-6', "Headers pass by allow-list both ways; the host's cookies never leave.", 'bifrost#3954'),
  promise(
    'R-SEC-7',
    'A call that a cookie authorises is refused when it comes from another site.',
    'hosts: cross-site forms',
  ),
  promise(
    'R-SEC-9',
    'What a vendor keeps for one caller is out of reach of every other, and its id cannot be made up.',
    'bifrost#7323; decision 0006',
  ),
  promise('R-LOG-1', 'Secrets are masked in every printed form.', 'litellm#612, #7603'),
  promise(
    'R-LOG-2',
    'No credential or cookie appears in any log, record, error or answer.',
    'litellm#31620; incident of 18 March 2026',
  ),
  promise('R-SC-1', 'Core has few dependencies and each has none of its own.', 'litellm 1.82.7 on PyPI'),
  promise('R-SC-2', 'Importing makes no connection and writes no file.', 'litellm#33167'),
  promise(
    'R-CFG-1',
    'An unknown key or name is an error at start, with its path and the nearest right one.',
    'bifrost#3256; envoyproxy/ai-gateway#1866',
  ),
  promise('R-CFG-2', 'A model without a credential is an error at start.', 'elizaOS/eliza#8300'),
  promise(
    'R-CFG-3',
    'Closing refuses new calls, drains streams to a deadline and flushes the ledger.',
    'appstrate#436',
  ),
  promise(
    'R-CFG-4',
    'A configuration that changes is taken in one step: calls under way end on the old one, and none sees half of each.',
    'h07 of the list of faults',
  ),
  promise('R-HOST-1', 'Every body parser in front, or none, makes no difference.', 'http-proxy-middleware#40'),
  promise(
    'R-HOST-2',
    'Leaving is seen on the response, after the body was consumed too.',
    'expressjs/express#6334; nestjs/nest#10389',
  ),
  promise('R-HOST-3', 'Nothing is thrown once headers are sent.', 'express-zod-api#2965'),
  promise('R-HOST-4', 'Mount path and nesting change nothing.', 'new toolkits: srvx#122'),
  promise(
    'R-HOST-5',
    "The host's async context is visible in every hook, also when a stream has ended.",
    'hosts: fact 10',
  ),
  promise('R-EMB-1', 'Five lines take an existing app to an authorised endpoint.', 'open-webui#1320'),
  promise('R-EMB-2', 'The principal is read once per call and known to every later hook.', 'get-convex/agent#17'),
  promise('R-EMB-3', 'In-process calls share limits, budget and ledger with HTTP calls.', 'hindsight#2932'),
];

function promise(id: string, sentence: string, source: string): Requirement {
  return { id, sentence, source };
}

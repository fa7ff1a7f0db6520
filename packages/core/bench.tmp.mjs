import { openAdmission } from './dist/governance/admission.js';
import { memoryCounters } from './dist/memory/counter-store.js';
import { sheetFromConfig } from './dist/governance/price-sheet.js';
import { costOf } from './dist/governance/cost.js';
const clock = { now: () => Date.now(), after: (ms, f) => { const t = setTimeout(f, ms); t.unref(); return () => clearTimeout(t); } };
const dep = (id, i) => ({ id, codecs: { 'chat.completions': {} }, price: sheetFromConfig({ input: i, output: 2*i }), maxOutputTokens: 4096, provider:{name:'x'}, baseModel:'m' });
const groups = [{ name: 'fast', deployments: [dep('a',1), dep('b',2)], fallbacks: ['smart'], contextFallbacks: [], contentFallbacks: [], totalMs: 600000 }, { name: 'smart', deployments: [dep('c',3)], fallbacks: [], contextFallbacks: [], contentFallbacks: [], totalMs: 600000 }];
const admission = openAdmission({ counters: memoryCounters(clock), clock, defaults: undefined, unknownPrice: 'refuse', priceBook: { sheetOf: d => d.price }, groups: new Map(groups.map(g => [g.name, g])) });
const usage = { inputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, cacheWriteHourTokens: 0, outputTokens: 15, reasoningTokens: 0, audioInputTokens: 0, audioOutputTokens: 0, estimated: false };
const sheet = groups[0].deployments[0].price;
const principals = Array.from({length: 1000}, (_, i) => ({ id: 'user' + i, limits: { requestsPerMinute: 1e9, tokensPerMinute: 1e12, concurrentCalls: 1e6 }, budget: { usd: 1e6 } }));
const mk = i => ({ principal: process.env.FRESH ? { id: 'user' + (i % 1000), limits: { requestsPerMinute: 1e9, tokensPerMinute: 1e12, concurrentCalls: 1e6 }, budget: { usd: 1e6 } } : principals[i % 1000], demand: { inputCharacters: 1000, inputAttachments: 0, maxOutputTokens: 500 }, operation: { name: 'chat.completions' }, group: groups[0] });
const ring = new Array(200); let at = 0;
function round(n) { for (let i = 0; i < n; i++) { const t = admission.admit(mk(i)); ring[at]?.settle(usage, costOf(usage, sheet)); ring[at] = t; at = (at + 1) % 200; } }
const one = (name, f, n) => { f(n); const best = Math.min(...[1,2,3,4,5].map(() => { const s = process.cpuUsage(); f(n); const u = process.cpuUsage(s); return (u.user + u.system) / n; })); console.log(name, best.toFixed(3), 'us'); };
one('admit+settle 4 limits', round, 100000);
process.exit(0);

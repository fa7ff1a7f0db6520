export type { BetterSqlite, NodeSqlite, PgClient, PgPool, SqlConnection, WasmSqlite } from './connection.js';
export type { SqlCounterOptions } from './counters.js';
export { type DurableSink, type DurableSinkOptions, durableSink } from './durable-sink.js';
export { type MigrationResult, NewerSchema } from './migrations.js';
export { type SqlStoreOptions, type SqlStores, sqlCounters, sqlStores } from './stores.js';
export type { SqlUsageStore } from './usage.js';

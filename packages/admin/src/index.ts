export { type AdminOptions, adminApi } from './admin-api.js';
export { type AdminClientOptions, AdminError, type AdminRequest, adminClient } from './admin-client.js';
export type { AdminStores, AuditEntry } from './admin-operation.js';

// What every mount on Node exports again, so that an application has one package to import.
export * from '@portico/core/app';
export { defineProvider, type VendorDefinition } from '@portico/providers';
export { attachRealtime, type RealtimeOptions } from './attach-realtime.js';

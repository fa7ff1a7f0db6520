import { GatewayError, type JsonObject, type ReloadableConfig } from '@portico/core';
import type {
  AccountChanges,
  AccountStore,
  KeyChanges,
  KeyRecord,
  KeyStore,
  NewKey,
  Scope,
  UsageStore,
} from '@portico/core/store';
import type { z } from 'zod';
import { type AdminOperation, type AdminStores, type AdminWork, adminOperation } from './admin-operation.js';
import {
  accountQuery,
  accountSchema,
  configSchema,
  explainSchema,
  keyChangesSchema,
  keyQuery,
  newKeySchema,
  recordQuery,
  revokeSchema,
  rotateSchema,
  scopeSchema,
  toMillis,
  usageQuery,
} from './schemas.js';

const nothing = () => undefined;
const needsKeys = (stores: AdminStores) => (stores.keys === undefined ? 'a store of keys' : undefined);
const needsAccounts = (stores: AdminStores) => (stores.accounts === undefined ? 'a store of accounts' : undefined);
const needsUsage = (stores: AdminStores) => (stores.usage === undefined ? 'a ledger' : undefined);
// Each is only run where `missing` found nothing missing.
const keysOf = ({ stores }: AdminWork) => stores.keys as KeyStore;
const accountsOf = ({ stores }: AdminWork) => stores.accounts as AccountStore;
const usageOf = ({ stores }: AdminWork) => stores.usage as UsageStore;

/** Every operation of the admin API. */
export const OPERATIONS: readonly AdminOperation[] = [
  adminOperation({
    name: 'listKeys',
    method: 'GET',
    path: '/keys',
    summary: 'Virtual keys, newest first, without their secrets.',
    query: keyQuery,
    missing: needsKeys,
    run: async ({ query }, work) => pageOf(await keysOf(work).list(query)),
  }),
  adminOperation({
    name: 'createKey',
    method: 'POST',
    path: '/keys',
    summary: 'Makes a virtual key. Its secret is in this answer and nowhere else.',
    body: newKeySchema,
    missing: needsKeys,
    async run({ body }, work) {
      const { key, secret } = await keysOf(work).mint(keyFields(body) as NewKey);
      return { ...key, secret };
    },
  }),
  adminOperation({
    name: 'showKey',
    method: 'GET',
    path: '/keys/{id}',
    summary: 'One virtual key.',
    missing: needsKeys,
    run: async ({ params }, work) => found(await keysOf(work).get(params.id ?? ''), 'key', params.id),
  }),
  adminOperation({
    name: 'changeKey',
    method: 'PATCH',
    path: '/keys/{id}',
    summary: 'Replaces what is named and leaves the rest; null takes a value away.',
    body: keyChangesSchema,
    missing: needsKeys,
    run: async ({ params, body }, work) => asJson(await keysOf(work).update(params.id ?? '', keyFields(body))),
  }),
  adminOperation({
    name: 'rotateKey',
    method: 'POST',
    path: '/keys/{id}/rotate',
    summary: 'Gives a key a new secret; the old one works for another graceMs.',
    body: rotateSchema,
    missing: needsKeys,
    async run({ params, body }, work) {
      const { key, secret } = await keysOf(work).rotate(params.id ?? '', body);
      return { ...key, secret };
    },
  }),
  adminOperation({
    name: 'blockKey',
    method: 'POST',
    path: '/keys/{id}/block',
    summary: 'Suspends a key; its running calls end within a second.',
    missing: needsKeys,
    run: async ({ params }, work) => asJson(await keysOf(work).block(params.id ?? '', true)),
  }),
  adminOperation({
    name: 'unblockKey',
    method: 'POST',
    path: '/keys/{id}/unblock',
    summary: 'Lets a blocked key work again.',
    missing: needsKeys,
    run: async ({ params }, work) => asJson(await keysOf(work).block(params.id ?? '', false)),
  }),
  adminOperation({
    name: 'revokeKey',
    method: 'DELETE',
    path: '/keys/{id}',
    summary: 'Ends a key for good; its running calls end within a second.',
    missing: needsKeys,
    run: async ({ params }, work) => asJson(await keysOf(work).revoke(params.id ?? '')),
  }),
  adminOperation({
    name: 'listAccounts',
    method: 'GET',
    path: '/accounts',
    summary: 'Limits, budgets and rights by scope.',
    query: accountQuery,
    missing: needsAccounts,
    run: async ({ query }, work) => pageOf(await accountsOf(work).list(query)),
  }),
  adminOperation({
    name: 'showAccount',
    method: 'GET',
    path: '/accounts/{kind}/{id}',
    summary: 'The account of one scope.',
    missing: needsAccounts,
    async run({ params }, work) {
      const [account] = await accountsOf(work).find([scopeOf(params)]);
      return found(account, params.kind ?? 'account', params.id);
    },
  }),
  adminOperation({
    name: 'setAccount',
    method: 'PUT',
    path: '/accounts/{kind}/{id}',
    summary: 'Makes an account, or replaces what is named of it and leaves the rest; null takes a value away.',
    body: accountSchema,
    missing: needsAccounts,
    run: async ({ params, body }, work) =>
      asJson(await accountsOf(work).upsert(scopeOf(params), body as AccountChanges)),
  }),
  adminOperation({
    name: 'removeAccount',
    method: 'DELETE',
    path: '/accounts/{kind}/{id}',
    summary: 'Takes an account away, with its limits.',
    missing: needsAccounts,
    run: async ({ params }, work) => ({ removed: await accountsOf(work).remove(scopeOf(params)) }),
  }),
  adminOperation({
    name: 'usage',
    method: 'GET',
    path: '/usage',
    summary: 'Sums of the ledger, the dearest first.',
    query: usageQuery,
    missing: needsUsage,
    run: async ({ query: { from, to, ...query } }, work) => ({
      data: await usageOf(work).aggregate({ ...query, from: toMillis(from), to: toMillis(to) }),
    }),
  }),
  adminOperation({
    name: 'listRecords',
    method: 'GET',
    path: '/records',
    summary: 'The records of calls, newest first.',
    query: recordQuery,
    missing: needsUsage,
    run: async ({ query: { from, to, ...query } }, work) =>
      pageOf(await usageOf(work).query({ ...query, from: toMillis(from), to: toMillis(to) })),
  }),
  adminOperation({
    name: 'status',
    method: 'GET',
    path: '/status',
    summary: 'The state of every deployment, and the calls in progress.',
    missing: nothing,
    run: (_asked, { gateway }) => ({ ...gateway.inspect(), models: gateway.modelNames }),
  }),
  adminOperation({
    name: 'cancelCall',
    method: 'POST',
    path: '/calls/{id}/cancel',
    summary: 'Ends one call in progress; what was used until then is billed.',
    missing: nothing,
    run: ({ params }, { gateway }) => ({ cancelled: gateway.cancelCall(params.id ?? '') }),
  }),
  adminOperation({
    name: 'revokePrincipal',
    method: 'POST',
    path: '/revoke',
    summary: 'Ends all calls of a principal, and the tokens it was given.',
    body: revokeSchema,
    missing: nothing,
    run: ({ body }, { gateway }) => ({ ended: gateway.revoke(body.principal) }),
  }),
  adminOperation({
    name: 'explain',
    method: 'POST',
    path: '/explain',
    summary: 'What would happen to a call: rules, deployments, prices, limits. Nothing is asked and nothing reserved.',
    body: explainSchema,
    missing: nothing,
    run: async ({ body }, { gateway }) =>
      asJson(await gateway.explain(body as unknown as Parameters<typeof gateway.explain>[0])),
  }),
  adminOperation({
    name: 'validateConfig',
    method: 'POST',
    path: '/config/validate',
    summary: 'What is wrong with a configuration. Changes nothing.',
    body: configSchema,
    missing: nothing,
    run: ({ body }, { gateway }) => ({ problems: gateway.validate(body as unknown as ReloadableConfig) }),
  }),
  adminOperation({
    name: 'reloadConfig',
    method: 'POST',
    path: '/config/reload',
    summary: 'Replaces the configuration of this instance until it restarts.',
    body: configSchema,
    missing: nothing,
    run({ body }, { gateway }) {
      const config = body as unknown as ReloadableConfig;
      const problems = gateway.validate(config);
      if (problems.length > 0) {
        throw new GatewayError('invalid_input', problems.map(({ path, message }) => `${path}: ${message}`).join(' '));
      }
      gateway.reload(config);
      return { models: gateway.modelNames };
    },
  }),
  adminOperation({
    name: 'audit',
    method: 'GET',
    path: '/audit',
    summary: 'The last changes that were made through this API of this instance.',
    missing: nothing,
    run: (_asked, { audit }) => ({ data: audit.entries }),
  }),
];

function keyFields({ expiresAt, ...fields }: z.infer<typeof newKeySchema>): KeyChanges {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { ...given, ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : toMillis(expiresAt) }) };
}

function scopeOf({ kind, id }: Readonly<Record<string, string>>): Scope {
  const scope = scopeSchema.safeParse({ kind, id });
  if (scope.success) return scope.data;
  throw new GatewayError('not_found', `There are no accounts of the kind "${String(kind).slice(0, 50)}".`);
}

function pageOf<Item>({ items, next }: { readonly items: readonly Item[]; readonly next: string | undefined }) {
  return { data: items, next: next ?? null };
}

function found(value: object | undefined, kind: string, id: string | undefined): JsonObject {
  if (value !== undefined) return asJson(value);
  throw new GatewayError('not_found', `There is no ${kind} "${String(id).slice(0, 100)}".`);
}

function asJson(value: object | KeyRecord): JsonObject {
  return value as JsonObject;
}

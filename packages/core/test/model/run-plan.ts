import { fakeClock } from '@portico/testing';
import { createGateway } from '../../src/create-gateway.js';
import type { Gateway } from '../../src/gateway.js';
import type { DeploymentHealth } from '../../src/routing/deployment-health.js';
import { DeploymentHealths } from '../../src/routing/deployment-healths.js';
import type { GatewayConfig } from '../../src/settings/gateway-config.js';
import type { Account } from '../../src/stores/account-store.js';
import type { UsageRecord } from '../../src/usage/usage-record.js';
import { type ClientSide, type Kept, startClient } from './client.js';
import { contentHooks } from './content-hooks.js';
import { countingStore } from './counting-store.js';
import type { Plan, PlannedEvent } from './plan.js';
import { createTurns, GRID_MS } from './turns.js';
import { scriptedVendor, VENDORS } from './vendor.js';

/** All that is known of a run when it is over. */
export interface Run {
  readonly plan: Plan;
  readonly gateway: Gateway;
  readonly records: readonly UsageRecord[];
  /** Ids of admitted calls. */
  readonly started: readonly string[];
  readonly clients: readonly ClientSide[];
  readonly vendor: ReturnType<typeof scriptedVendor>;
  readonly counters: ReturnType<typeof countingStore>;
  readonly healths: ReadonlySet<DeploymentHealth>;
  readonly pendingTimers: number;
  /** What was wrong while it ran. */
  readonly wrong: string[];
}

/** Every deadline is passed long before. */
const LONGEST_MS = 6_000;

/** Runs a plan to its end, the gateway closed. */
export async function runPlan(plan: Plan): Promise<Run> {
  const startedAt = Date.UTC(2026, 5, 3, 12);
  const clock = fakeClock(startedAt);
  const turns = createTurns(clock, startedAt);
  const vendor = scriptedVendor(plan.behaviours, turns);
  const counters = countingStore(clock, plan.storeLate);
  const records: UsageRecord[] = [];
  const started: string[] = [];
  const wrong: string[] = [];
  const healths = watchHealths();
  const gateway = createGateway(
    {
      ...settingsOf(plan.groups),
      clock,
      transport: vendor.transport,
      stores: { counters: counters.store },
      ...contentHooks(plan.hooks, turns),
      ...(plan.teamUsd !== undefined && { accounts: teamOf(plan.teamUsd) }),
      observers: [
        {
          callStarted: ({ id }: { id: string }) => void started.push(id),
          callEnded: (record: UsageRecord) => void records.push(record),
        },
      ],
      logger: {
        error(fields: object) {
          if (!isOfHook(fields)) wrong.push(`logged: ${JSON.stringify(fields)}`);
        },
        warn() {},
        info() {},
        debug() {},
      },
    } as unknown as GatewayConfig,
    { providers: VENDORS, transport: vendor.transport, environment: {} },
  );
  const clients: ClientSide[] = [];
  const kept: Kept[] = plan.callers.map(() => ({ response: undefined, file: undefined }));
  let unfinished = plan.calls.length + plan.events.length;
  for (const call of plan.calls) {
    turns.after(call.atMs, call.late, () => {
      unfinished -= 1;
      const principal = plan.callers[call.caller] as Plan['callers'][number];
      clients.push(startClient(call, principal, kept[call.caller] as Kept, gateway, turns));
    });
  }
  for (const event of plan.events) {
    turns.after(event.atMs, event.late, () => {
      unfinished -= 1;
      happen(event, plan, gateway);
    });
  }
  for (let passed = 0; passed < LONGEST_MS; passed += GRID_MS) {
    await clock.advance(GRID_MS);
    checkOpen({ gateway, records, started, clients, wrong });
    if (unfinished === 0 && gateway.openCalls === 0 && clients.every(({ reply }) => reply !== undefined)) break;
  }
  // A vendor that does not close after its last event has a second for that.
  await clock.advance(2_000);
  // Whoever hears of an end too late must not end anything again.
  for (const { leavers, reply } of clients) {
    for (const leaver of leavers) leaver();
    if (reply?.kind === 'events') reply.body.cancel('the client closed its socket');
  }
  const left = { open: gateway.openCalls, timers: clock.pending };
  if (left.open > 0) wrong.push(`${left.open} calls open before the gateway closed`);
  const closed = gateway.close({ graceMs: 100 });
  await clock.advance(2_000);
  await closed;
  return { plan, gateway, records, started, clients, vendor, counters, healths, pendingTimers: clock.pending, wrong };
}

function settingsOf(groups: readonly object[]): object {
  return {
    models: Object.fromEntries(groups.map((group, at) => [`g${at}`, group])),
    allowFallbackCycles: true,
    ids: { secret: 'a secret of the model based test, long enough' },
    deadlines: { headersMs: 200, firstTokenMs: 250, idleMs: 150, answerMs: 1_000, totalMs: 1_500 },
    retries: { maxRetries: 0 },
    cooldowns: { maxWaitMs: 50, cooldownMs: 60 },
    heartbeatMs: 40,
  };
}

/** The account of everybody's team. */
function teamOf(usd: number): NonNullable<GatewayConfig['accounts']> {
  const team: Account = {
    scope: { kind: 'team', id: 'all' },
    name: undefined,
    parent: undefined,
    budgets: [{ nanoUsd: usd * 1e9, per: 'total' }],
    limits: [{ of: 'concurrentCalls', max: 4, per: 'total' }],
    models: undefined,
    operations: undefined,
    isBlocked: false,
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
  };
  return ({ kind }) => (kind === 'team' ? team : undefined);
}

/** What a hook throws that is wrong is logged, as it should be. */
function isOfHook(fields: object): boolean {
  return 'err' in fields && fields.err instanceof TypeError && fields.err.message === 'a hook is wrong';
}

function happen({ does, caller, graceMs }: PlannedEvent, plan: Plan, gateway: Gateway): void {
  if (does === 'revoke') gateway.revoke(plan.callers[caller] as Plan['callers'][number]);
  else if (does === 'reload') gateway.reload(settingsOf(plan.reloaded) as never);
  else void gateway.close({ graceMs });
}

type Watched = Pick<Run, 'gateway' | 'records' | 'started' | 'clients' | 'wrong'>;

/** The gateway counts the calls that were admitted and have no record, and every stream that is read is one of them. */
function checkOpen({ gateway, records, started, clients, wrong }: Watched): void {
  if (gateway.openCalls !== started.length - records.length)
    wrong.push(`${gateway.openCalls} open, ${started.length} admitted, ${records.length} recorded`);
  const ended = new Set(records.map(({ id }) => id));
  for (const { reply, isDone, isClientGone } of clients) {
    if (reply?.kind === 'events' && !isDone && !isClientGone && ended.has(idOf(reply.headers)))
      wrong.push(`the stream of ${idOf(reply.headers)} lives, its call is over`);
  }
}

export function idOf(headers: readonly string[]): string {
  return headers[headers.indexOf('x-request-id') + 1] as string;
}

/** The health of every deployment that any gateway has looked at since. */
function watchHealths(): ReadonlySet<DeploymentHealth> {
  watched = new Set();
  return watched;
}

let watched = new Set<DeploymentHealth>();
const healthOf = DeploymentHealths.prototype.of;
DeploymentHealths.prototype.of = function of(id) {
  const health = healthOf.call(this, id);
  watched.add(health);
  return health;
};

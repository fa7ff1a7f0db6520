import type { Principal } from '@portico/nestjs';

export interface User {
  readonly name: string;
  readonly tenant: string;
  readonly plan: Plan;
}

type Plan = 'free' | 'team';

/** Who may sign in, with a click: this is an example. */
const USERS: Readonly<Record<string, User>> = {
  ada: { name: 'ada', tenant: 'Analytical Engines', plan: 'team' },
  grace: { name: 'grace', tenant: 'Compilers & Co', plan: 'free' },
};

/** What a plan buys. */
const PLANS = {
  free: { limits: { requestsPerMinute: 5, concurrentCalls: 1 }, budget: { usd: 0.1, per: 'day' } },
  team: { limits: { requestsPerMinute: 100, concurrentCalls: 10 }, budget: { usd: 20, per: 'month' } },
} as const satisfies Record<Plan, Pick<Principal, 'limits' | 'budget'>>;

export function findUser(name: unknown): User | undefined {
  return typeof name === 'string' && Object.hasOwn(USERS, name) ? USERS[name] : undefined;
}

/** Whom the gateway charges for a user. */
export function principalOf({ name, tenant, plan }: User): Principal {
  return { id: name, team: tenant, ...PLANS[plan], metadata: { plan } };
}

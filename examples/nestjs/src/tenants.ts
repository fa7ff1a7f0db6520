import { Injectable } from '@nestjs/common';
import type { Principal } from '@portico/nestjs';

/** The limits of a plan. */
export const PLANS = {
  free: { limits: { requestsPerMinute: 5, concurrentCalls: 1 }, budget: { usd: 0.1, per: 'day' } },
  team: { limits: { requestsPerMinute: 100, concurrentCalls: 10 }, budget: { usd: 20, per: 'month' } },
} as const satisfies Record<string, Pick<Principal, 'limits' | 'budget'>>;

export type Plan = keyof typeof PLANS;

export interface User {
  readonly name: string;
  readonly tenant: string;
  readonly plan: Plan;
}

/** The users, who sign in with a click, and what their tenants pay for: a real app has a database. */
@Injectable()
export class Tenants {
  readonly #tenantOf = new Map([
    ['ada', 'Analytical Engines'],
    ['grace', 'Compilers & Co'],
  ]);
  readonly #planOf = new Map<string, Plan>([
    ['Analytical Engines', 'team'],
    ['Compilers & Co', 'free'],
  ]);

  findUser(name: unknown): User | undefined {
    const tenant = this.#tenantOf.get(String(name));
    return tenant === undefined ? undefined : { name: String(name), tenant, plan: this.#planOf.get(tenant) ?? 'free' };
  }

  usersOf(tenant: string): readonly string[] {
    return [...this.#tenantOf].filter(([, own]) => own === tenant).map(([user]) => user);
  }

  setPlan(tenant: string, plan: Plan): void {
    this.#planOf.set(tenant, plan);
  }
}

export function isPlan(name: unknown): name is Plan {
  return typeof name === 'string' && Object.hasOwn(PLANS, name);
}

/** The principal of a user. A tenant's name is in every record of its users. */
export function principalOf({ name, tenant, plan }: User): Principal {
  return { id: name, team: tenant, ...PLANS[plan], metadata: { plan } };
}

import type { Budget, Principal } from '@portico/express';

/** A user who can sign in. A real app has its users in a database and asks for more than a click. */
export interface DemoUser {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  /** What the gateway needs to know: who pays, for which models, and the limits. */
  readonly principal: Principal & { readonly budget: Budget };
}

export const demoUsers: readonly DemoUser[] = [
  {
    id: 'ada',
    name: 'Ada',
    plan: 'Pro',
    principal: {
      id: 'ada',
      models: ['fast', 'smart'],
      limits: { requestsPerMinute: 60, concurrentCalls: 5 },
      budget: { usd: 2, per: 'day' },
    },
  },
  {
    id: 'grace',
    name: 'Grace',
    plan: 'Free',
    principal: {
      id: 'grace',
      models: ['fast'],
      limits: { requestsPerMinute: 10, concurrentCalls: 2 },
      budget: { usd: 0.05, per: 'day' },
    },
  },
];

/** The user of that id, if there is one. */
export function findUser(id: unknown): DemoUser | undefined {
  return demoUsers.find((user) => user.id === id);
}

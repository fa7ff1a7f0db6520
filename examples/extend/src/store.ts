import type { CounterRequest, CounterStore } from '@portico/core/store';

/** Counters in a Map: the smallest store that keeps the contract. Add it with `stores: { counters: mapCounters() }`. */
export function mapCounters(now: () => number = Date.now): CounterStore {
  const used = new Map<string, { amount: number; readonly resetsAt: number | undefined }>();
  const leases = new Map<string, { readonly requests: readonly CounterRequest[]; readonly endsAt: number }>();
  const isCurrent = ({ resetsAt = Number.POSITIVE_INFINITY }: { resetsAt: number | undefined }) => resetsAt > now();
  const sumOf = (key: string, requests: readonly CounterRequest[]) =>
    requests.reduce((sum, each) => sum + (each.key === key && isCurrent(each) ? each.amount : 0), 0);

  function read(key: string) {
    for (const [id, { endsAt }] of leases) if (endsAt <= now()) leases.delete(id);
    if (!isCurrent(used.get(key) ?? { resetsAt: undefined })) used.delete(key);
    const held = [...leases.values()].flatMap(({ requests }) => requests);
    return { used: used.get(key)?.amount ?? 0, reserved: sumOf(key, held) };
  }
  const roomIn = ({ key, limit }: CounterRequest) => limit - read(key).used - read(key).reserved;

  return {
    reserve(requests, leaseMs) {
      const fits = (each: CounterRequest, at: number) => roomIn(each) >= sumOf(each.key, requests.slice(0, at + 1));
      const refused = requests.findIndex((each, at) => !fits(each, at));
      const id = crypto.randomUUID();
      if (refused < 0) leases.set(id, { requests, endsAt: now() + leaseMs });
      const remaining = requests.map((each) => Math.max(0, roomIn(each)));
      return refused < 0 ? { ok: true, reservation: id, remaining } : { ok: false, refused, remaining };
    },
    settle(reservation, actual) {
      for (const { key } of leases.get(reservation)?.requests ?? []) read(key);
      const requests = leases.get(reservation)?.requests ?? [];
      leases.delete(reservation);
      for (const [at, each] of requests.entries()) {
        if (isCurrent(each)) used.set(each.key, { ...each, amount: read(each.key).used + (actual[at] ?? 0) });
      }
    },
    read,
  };
}

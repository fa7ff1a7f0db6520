import { LlmSink, type Sink, type UsageRecord } from '@portico/nestjs';

/** The usage of all tenants. The gateway finds it in the container; a real one would write to a database. */
@LlmSink()
export class Ledger implements Sink {
  readonly #records = new Map<string, UsageRecord>();

  record(batch: readonly UsageRecord[]): void {
    // By id: a batch may come twice.
    for (const record of batch) this.#records.set(record.id, record);
  }

  of(tenant: string): readonly UsageRecord[] {
    return [...this.#records.values()].filter(({ principal }) => principal.team === tenant);
  }
}

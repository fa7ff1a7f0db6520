import { FAULTS, type Fault, type FaultId } from '@portico/testing';
import type { Place } from './fault-places.js';
import { VERDICTS, type Verdict } from './fault-verdicts.js';

export type Arrangement = 'alone' | 'with a spare beside it' | 'with a spare in another group';

/** One fault, in one place, asked in one way. */
export interface Cell {
  readonly title: string;
  readonly verdict: Verdict;
  readonly variant: string;
  readonly streaming: boolean;
  readonly arrangement: Arrangement;
}

/** Everything that is played in a place. */
export function cellsAt({ client, wire, arrangements, variants }: Place): readonly Cell[] {
  return VERDICTS.filter(
    ({ wires = ['openai', 'anthropic'], clients = [client] }) => wires.includes(wire) && clients.includes(client),
  ).flatMap((verdict) =>
    cellsOf(variants === 'all' ? verdict : { ...verdict, variants: variantsOf(verdict).slice(0, 1) }, arrangements),
  );
}

function cellsOf(verdict: Verdict, arrangements: readonly Arrangement[]): Cell[] {
  const fault = faultOf(verdict.fault);
  const modes = [false, true].filter(
    (streaming) =>
      (verdict.streaming ?? streaming) === streaming && fault.streaming !== (streaming ? 'json' : 'stream'),
  );
  return variantsOf(verdict).flatMap((variant) =>
    modes.flatMap((streaming) =>
      arrangements.map((arrangement) => ({
        title: `${titleOf(verdict.fault, variant, streaming, arrangement)}: ${promiseOf(verdict, arrangement)}`,
        verdict,
        variant,
        streaming,
        arrangement,
      })),
    ),
  );
}

function variantsOf({ fault, variants = faultOf(fault).variants }: Verdict): readonly string[] {
  return variants.length === 0 ? [''] : variants;
}

export function titleOf(fault: FaultId, variant: string, streaming: boolean, arrangement: Arrangement): string {
  return `${fault}${variant === '' ? '' : `-${variant}`}, ${streaming ? 'streamed' : 'whole'}, ${arrangement}`;
}

function promiseOf(verdict: Verdict, arrangement: Arrangement): string {
  const { alone, spare, afterAFirstCall, also } = verdict;
  const when = afterAFirstCall ? 'after a first call ' : verdict.when === undefined ? '' : `${verdict.when} `;
  if (arrangement !== 'alone' && spare !== 'same') return `${when}the ${spare}`;
  const what = alone.ends === 'answer' ? 'the answer' : `${alone.ends} with ${alone.kind}`;
  return `${when}${what}, asked ${alone.asked} times${also === undefined ? '' : `, ${also.says}`}`;
}

export function faultOf(id: FaultId): Fault {
  const fault = FAULTS.find((one) => one.id === id);
  if (fault === undefined) throw new Error(`There is no fault ${id}.`);
  return fault;
}

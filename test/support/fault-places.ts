import type { FaultId } from '@portico/testing';
import type { Arrangement } from './fault-cells.js';
import type { ClientName } from './fault-clients.js';
import type { WireName } from './gateway-on.js';
import { MOUNTS, type MountName } from './mounts.js';

/** Where faults are played, to whom, and how far. */
export interface Place {
  readonly client: ClientName;
  readonly mount: MountName;
  /** What the upstream speaks. */
  readonly wire: WireName;
  readonly arrangements: readonly Arrangement[];
  readonly variants: 'all' | 'the first';
}

const BESIDE = ['alone', 'with a spare beside it'] as const;
const EVERYWHERE = [...BESIDE, 'with a spare in another group'] as const;

/**
 * Every variant of every fault. Routing does not know the mount, nor how an upstream spells its answers: what is asked of a
 * spare is asked of it where that is cheapest, and everywhere in one of the ways.
 */
const IN_FULL: readonly Place[] = [
  inFull('chat', 'Express 5', 'openai', BESIDE),
  inFull('chat', 'Express 5', 'anthropic'),
  inFull('chat', 'in-process', 'openai', EVERYWHERE),
  inFull('chat', 'in-process', 'anthropic', BESIDE),
  inFull('chat', 'in-process', 'azure'),
  ...(['in-process', 'node:http'] as const).flatMap((mount) => [
    inFull('messages', mount, 'anthropic', BESIDE),
    inFull('responses', mount, 'openai', BESIDE),
  ]),
  inFull('messages', 'in-process', 'openai'),
  inFull('responses', 'in-process', 'anthropic'),
];

/** Places that differ from these only in how an ending reaches the client: one variant of a fault is enough there. */
const SAMPLED: readonly Place[] = (['chat', 'messages', 'responses'] as const).flatMap((client) =>
  (Object.keys(MOUNTS) as MountName[])
    .filter((mount) => !IN_FULL.some((place) => place.client === client && place.mount === mount))
    .map((mount) => ({
      client,
      mount,
      wire: client === 'messages' ? 'anthropic' : 'openai',
      arrangements: ['alone'],
      variants: 'the first',
    })),
);

export const PLACES: readonly Place[] = [...IN_FULL, ...SAMPLED];

function inFull(
  client: ClientName,
  mount: MountName,
  wire: WireName,
  arrangements: readonly Arrangement[] = ['alone'],
): Place {
  return { client, mount, wire, arrangements, variants: 'all' };
}

/** What is not played to a client, and why. */
const NOT_PLAYED: readonly {
  readonly fault: FaultId;
  readonly clients: readonly ClientName[];
  readonly why: string;
}[] = [
  {
    fault: 'f47',
    clients: ['chat', 'messages', 'responses'],
    why: 'it is about a client that leaves, and played where those are',
  },
  {
    fault: 'f40',
    clients: ['messages', 'responses'],
    why: 'to streams that were asked for usage: theirs tell it anyway, and have no word to ask for it',
  },
];

/** The places in words, for people. */
export function placesTable(): string {
  const rows = new Map<string, MountName[]>();
  for (const { client, mount, wire, arrangements, variants } of PLACES) {
    const row = `${client} | ${wire} | ${variants} | ${arrangements.join(', ')}`;
    rows.set(row, [...(rows.get(row) ?? []), mount]);
  }
  return [
    '| Client | The upstream speaks | Variants | The faulty deployment is | Mounts |',
    '|---|---|---|---|---|',
    ...[...rows].map(([row, mounts]) => `| ${row} | ${mounts.join(', ')} |`),
    '',
    'Not played:',
    '',
    ...NOT_PLAYED.map(({ fault, clients, why }) => `- ${fault}, ${clients.join(', ')}: ${why}`),
  ].join('\n');
}

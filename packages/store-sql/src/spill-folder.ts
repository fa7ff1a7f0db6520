import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { LedgerRecord } from '@portico/core/store';

/** Another instance that has said nothing of its file for so long is gone. */
const ABANDONED_MS = 60_000;
const READ_BYTES = 256 * 1_024;

/** A file that records were written to, one JSON a line. */
export interface SpillFile {
  readonly path: string;
}

/**
 * A folder of files, each written by one process, which is named in its file's name. A process that died leaves its file
 * to whoever finds it: one of the same machine whose process is gone at once, one of another machine when it has not been
 * touched for a minute.
 */
export interface SpillFolder {
  /** Writes records to this process's present file, and to the disk. Rejects where that cannot be. */
  append(records: readonly LedgerRecord[]): Promise<void>;
  /** Bytes in files of this process, those that it took over among them. */
  readonly bytes: number;
  /** Ends the present file, so that it can be replayed; the next record begins another. */
  rotate(): Promise<SpillFile | undefined>;
  /** Takes over files of processes that are gone. */
  adopt(): Promise<readonly SpillFile[]>;
  /**
   * Hands over what is in a file, in batches, and removes it when `deliver` has taken all of it. Answers how many lines
   * could not be read; where that is not none, a copy of the file stays, with `.damaged` at its end.
   */
  replay(file: SpillFile, deliver: (batch: LedgerRecord[]) => Promise<void>): Promise<{ readonly unreadable: number }>;
  /** Says that this process is there, for those on other machines. */
  touch(): Promise<void>;
  close(): Promise<void>;
}

export function openSpillFolder(folder: string, batchSize: number): SpillFolder {
  const owner = `${hostname().replaceAll(/[^\w-]/g, '_')}.${process.pid}`;
  const sizes = new Map<string, number>();
  let writer: { readonly path: string; readonly handle: FileHandle; isTorn: boolean } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: lines of two appends must not mix. */
  function inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const done = last.then(run, run);
    last = done.catch(() => {});
    return done;
  }

  async function present(): Promise<NonNullable<typeof writer>> {
    // A file that somebody took over and removed would swallow what is written to it.
    if (writer !== undefined && (await writer.handle.stat()).nlink === 0) await endFile();
    if (writer === undefined) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${owner}.${randomUUID()}.jsonl`);
      writer = { path, handle: await open(path, 'ax', 0o600), isTorn: false };
      sizes.set(path, 0);
    }
    return writer;
  }

  async function endFile(): Promise<SpillFile | undefined> {
    const ended = writer;
    writer = undefined;
    await ended?.handle.close();
    return ended === undefined ? undefined : { path: ended.path };
  }

  async function write(records: readonly LedgerRecord[]): Promise<void> {
    const file = await present();
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    // After half a line, which a full disk leaves behind, a new one is begun.
    const text = file.isTorn ? `\n${lines}` : lines;
    file.isTorn = true;
    await file.handle.appendFile(text);
    await file.handle.datasync();
    file.isTorn = false;
    sizes.set(file.path, (sizes.get(file.path) ?? 0) + Buffer.byteLength(text));
    if ((await file.handle.stat()).nlink > 0) return;
    await endFile();
    await write(records);
  }

  return {
    append: (records) => inTurn(() => write(records)),
    get bytes() {
      let bytes = 0;
      for (const size of sizes.values()) bytes += size;
      return bytes;
    },
    rotate: () => inTurn(endFile),

    async adopt() {
      const adopted: SpillFile[] = [];
      for (const name of await readdir(folder).catch(() => [])) {
        const path = join(folder, name);
        if (!name.endsWith('.jsonl') || sizes.has(path) || !(await isAbandoned(name, path))) continue;
        const own = join(folder, `${owner}.${randomUUID()}.jsonl`);
        // Of several that find it one can rename it.
        const isOurs = await rename(path, own).then(
          () => true,
          () => false,
        );
        if (!isOurs) continue;
        sizes.set(own, (await stat(own)).size);
        adopted.push({ path: own });
      }
      return adopted;
    },

    async replay({ path }, deliver) {
      const unreadable = await replayFile(path, batchSize, deliver);
      sizes.delete(path);
      return { unreadable };
    },

    async touch() {
      const now = new Date();
      for (const path of sizes.keys()) await utimes(path, now, now).catch(() => {});
    },

    close: () => inTurn(async () => void (await endFile())),
  };
}

async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [host = '', pid = ''] = name.split('.');
  if (host === hostname().replaceAll(/[^\w-]/g, '_')) {
    // A container that starts again has the number it had before; its other files this process knows.
    return Number(pid) === process.pid || !isAlive(Number(pid));
  }
  const touched = await stat(path).catch(() => undefined);
  return touched !== undefined && Date.now() - touched.mtimeMs > ABANDONED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}

async function replayFile(
  path: string,
  batchSize: number,
  deliver: (batch: LedgerRecord[]) => Promise<void>,
): Promise<number> {
  const handle = await open(path, 'r');
  try {
    const reader = { rest: '', unreadable: 0 };
    await deliverRest(handle, reader, batchSize, deliver);
    if (reader.unreadable > 0) await rename(path, `${path}.damaged`);
    else await unlink(path);
    // Whoever wrote it was only slow, if anything has come since; he sees that it is gone before he writes more.
    await deliverRest(handle, reader, batchSize, deliver);
    return reader.unreadable;
  } finally {
    await handle.close();
  }
}

async function deliverRest(
  handle: FileHandle,
  reader: { rest: string; unreadable: number },
  batchSize: number,
  deliver: (batch: LedgerRecord[]) => Promise<void>,
): Promise<void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(READ_BYTES);
  let batch: LedgerRecord[] = [];
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) break;
    const lines = (reader.rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
    reader.rest = lines.pop() ?? '';
    for (const line of lines) {
      const record = line === '' ? undefined : recordIn(line);
      if (record !== undefined) batch.push(record);
      else if (line !== '') reader.unreadable += 1;
      if (batch.length < batchSize) continue;
      await deliver(batch);
      batch = [];
    }
  }
  // What has no end of line was being written when its process died: it was never told to be kept.
  if (batch.length > 0) await deliver(batch);
}

function recordIn(line: string): LedgerRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<LedgerRecord> | null;
    // One that the ledger could not read would keep all others waiting.
    const isRecord =
      typeof record?.id === 'string' &&
      typeof record.principal?.id === 'string' &&
      typeof record.startedAt === 'number' &&
      typeof record.usage === 'object';
    return isRecord ? (record as LedgerRecord) : undefined;
  } catch {
    return undefined;
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminClient } from '@portico/admin';
import { startFakeProvider } from '@portico/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { put, start } from './portico-process.js';
import { portico } from './run-here.js';

describe('a database on the command line', () => {
  it('has keys that are minted, listed, blocked, rotated and revoked', async () => {
    const on = databaseOf();
    const made = JSON.parse((await on('keys', 'create', '--user', 'ada', '--team', 'search', '--json')).output) as Key;
    expect(made).toMatchObject({ user: 'ada', team: 'search', isBlocked: false });
    const listed = await on('keys', 'list');
    expect(listed.output).toMatch(/^id\s+key\s+user\s+team\s+created\s+state\n/);
    expect(listed.output).toContain(made.id);
    expect(listed.output).not.toContain(made.secret);
    expect((await on('keys', 'block', made.id)).output).toBe(`${made.id} is blocked.\n`);
    expect((await on('keys', 'unblock', made.id)).output).toBe(`${made.id} is active.\n`);
    const rotated = await on('keys', 'rotate', made.id, '--grace', '60');
    expect(rotated.output).toMatch(/^sk-\S+\n\nThe old secret works for another 60 s\.\n$/);
    expect((await on('keys', 'revoke', made.id)).output).toBe(`${made.id} is revoked.\n`);
    expect((await on('keys', 'list', '--csv')).output).toMatch(
      /^id,key,alias,user,team,models,created,expires,state\n/,
    );
  });

  it('has teams with budgets and limits, and says what is wrong with one', async () => {
    const on = databaseOf();
    await on('accounts', 'set', 'organization', 'acme', '--budget', '100/month');
    const set = await on(
      ...'teams set search --budget 5/day,50/month --rpm 60 --models fast,smart --parent organization:acme'.split(' '),
    );
    expect(set.output).toBe('team:search: $5/day, $50/month, 60 requests/minute, models fast,smart\n');
    expect((await on('teams', 'list')).output).toContain('organization:acme');
    expect((await on('accounts', 'list')).output.split('\n')).toHaveLength(4);
    const wrong = await on('teams', 'set', 'search', '--budget', '5/fortnight');
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('"fortnight" is no period')]);
    expect((await on('teams', 'set', 'search', '--budget', 'lots')).errors).toContain('not "lots"');
    expect((await on('teams', 'block', 'search')).output).toContain('blocked');
    expect((await on('accounts', 'list', 'tribe')).errors).toContain('no kind of account');
  });

  it.each([
    ['keys list', 'Name the database'],
    ['keys list --database mysql://host/x', 'must be a URL such as postgres://'],
    ['keys list --database postgres://127.0.0.1:1/x', 'The database cannot be used'],
    ['keys mint --database sqlite:HERE', 'There are: create'],
    ['keys revoke --database sqlite:HERE', 'Name the key by its id'],
    ['keys revoke key_nobody --database sqlite:HERE', 'There is no key "key_nobody"'],
    ['usage --by tribe --database sqlite:HERE', 'cannot be grouped by "tribe"'],
    ['usage --since yesterday --database sqlite:HERE', 'must be dates'],
    ['--model gpt-4o --workers 2 --database sqlite:HERE', 'that they can share'],
  ])('says what to do about: portico %s', async (command, told) => {
    const { code, errors } = await portico(command.replace('HERE', fileOf()).split(' '));
    expect(errors).toContain(told);
    expect(code).not.toBe(0);
  });

  it('serves: keys and budgets last over a restart, and usage is shown', async () => {
    const provider = await startFakeProvider();
    onTestFinished(() => provider.close());
    const url = `sqlite:${fileOf()}`;
    const on = (...args: string[]) => portico([...args, '--database', url]);
    const { secret } = JSON.parse(
      (await on('keys', 'create', '--user', 'ada', '--team', 'search', '--json')).output,
    ) as Key;
    await on('teams', 'set', 'search', '--rpm', '1000', '--budget', '0.001/month');
    const config = put(`
models:
  fast:
    deployments:
      - model: openai/gpt-4o-mini
        baseUrl: ${provider.url}
        apiKey: sk-of-nobody
        price: { input: 10, output: 10 }
keys:
  - key: env:ADMIN_KEY
    principal: { id: operator, metadata: { admin: true } }
`);
    const statuses: number[] = [];
    const admin = 'sk-of-the-operator-of-this-server';
    for (let round = 0; round < 2; round += 1) {
      const server = await start(['--config', config, '--database', url], { ADMIN_KEY: admin });
      const ask = async (key: string) => {
        const answer = await fetch(`${server.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
          body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 20 }),
        });
        await answer.text();
        return answer.status;
      };
      expect(await ask('sk-nobody-has-this-key')).toBe(401);
      const ofAdmin = (key: string) =>
        adminClient({ baseUrl: `${server.url}/v1/admin`, headers: { 'x-api-key': key } });
      expect((await ofAdmin(admin)('listKeys')).data).toMatchObject([{ user: 'ada' }]);
      await expect(ofAdmin(secret)('listKeys')).rejects.toMatchObject({ status: 403 });
      for (let at = 0; at < 20; at += 1) statuses.push(await ask(secret));
      server.child.kill('SIGTERM');
      expect(await server.exit).toBe(0);
    }
    const served = statuses.filter((status) => status === 200).length;
    expect(served).toBeGreaterThan(0);
    // None of the second process got through: the budget was spent before.
    expect(statuses.slice(20)).toEqual(Array.from({ length: 20 }, () => 429));
    const usage = await on('usage', '--by', 'team,day');
    expect(usage.output).toContain('search');
    expect(usage.output).toContain(`${served} calls, $0.00`);
    const [line] = (await on('usage', '--by', 'user', '--json')).output.trim().split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({ id: 'ada', calls: served });
  }, 60_000);
});

interface Key {
  readonly id: string;
  readonly secret: string;
}

function fileOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-database-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'portico.db');
}

function databaseOf() {
  const url = `sqlite:${fileOf()}`;
  return (...args: string[]) => portico([...args, '--database', url]);
}

import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const [, , specifier, flag] = process.argv;
const touched = flag === '--watch-outside' ? watchOutside() : [];

try {
  const startedAt = performance.now();
  const module = await import(specifier);
  const timeMs = performance.now() - startedAt;
  // What an import starts may come a moment later.
  if (flag !== undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  tell({ timeMs, rss: process.memoryUsage.rss(), exportCount: Object.keys(module).length, touched });
} catch (error) {
  tell({ error: error.message });
}

function tell(findings) {
  process.stdout.write(JSON.stringify(findings));
}

/** Notes every connection, look-up and file change from here on. */
function watchOutside() {
  const seen = [];
  for (const name of [
    'mkdir',
    'mkdtemp',
    'writeFile',
    'appendFile',
    'rename',
    'rm',
    'unlink',
    'copyFile',
    'truncate',
  ]) {
    note(fs, name, `fs.${name}`);
    note(fs, `${name}Sync`, `fs.${name}Sync`);
    note(fs.promises, name, `fs.promises.${name}`);
  }
  for (const where of [fs, fs.promises]) note(where, 'open', 'fs.open', opensForWriting);
  note(fs, 'openSync', 'fs.openSync', opensForWriting);
  note(fs, 'createWriteStream', 'fs.createWriteStream');
  note(net.Socket.prototype, 'connect', 'net.connect');
  note(net.Server.prototype, 'listen', 'net.listen');
  note(dgram.Socket.prototype, 'send', 'dgram.send');
  for (const where of [dns, dns.promises]) note(where, 'lookup', 'dns.lookup');
  syncBuiltinESMExports();
  return seen;

  function note(where, method, label, matters = () => true) {
    const original = where[method];
    if (original === undefined) return;
    where[method] = function noted(...given) {
      if (matters(given)) seen.push(label);
      return original.apply(this, given);
    };
  }
}

function opensForWriting([, flags]) {
  return typeof flags === 'string' && flags !== 'r';
}

// Preloaded before a package is imported (R-SC-2): from here on whatever reaches for the network, for a file to write,
// for another process or thread gets an error, and the process fails even if that error is caught.
const { syncBuiltinESMExports } = require('node:module');
const fs = require('node:fs');
const dns = require('node:dns');
const net = require('node:net');
const { writeSync } = fs;

const writes =
  /^(append|ch(mod|own)|cp|copy|createWrite|f(chmod|chown|truncate|utimes)|l(chown|ink|utimes)|mkd|rename|rm|symlink|truncate|unlink|utimes|watch|write)/;
const named = (pattern) => (owner) => Object.keys(owner).filter((name) => pattern.test(name));
const functions = named(/^[a-z]/);

forbid('net', net, ['connect', 'createConnection', 'createServer']);
forbid('net.Socket', net.Socket.prototype, ['connect']);
forbid('dgram', require('node:dgram'), ['createSocket']);
forbid('dns', dns, functions(dns));
forbid('dns.promises', dns.promises, functions(dns.promises));
forbid('fs', fs, named(writes)(fs));
forbid('fs.promises', fs.promises, named(writes)(fs.promises));
forbid('child_process', require('node:child_process'), functions(require('node:child_process')));
forbid('worker_threads', require('node:worker_threads'), ['Worker']);
forbid('globalThis', globalThis, ['fetch', 'WebSocket', 'EventSource']);
syncBuiltinESMExports();

function forbid(where, owner, names) {
  for (const name of names) {
    if (typeof owner[name] !== 'function') continue;
    const value = () => {
      process.exitCode = 1;
      const error = new Error(`At import, ${where}.${name} was called.`);
      writeSync(2, `${error.stack}\n`);
      throw error;
    };
    Object.defineProperty(owner, name, { configurable: true, value });
  }
}

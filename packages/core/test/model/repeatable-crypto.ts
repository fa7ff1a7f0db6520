import { createCipheriv, createDecipheriv, createHmac, KeyObject } from 'node:crypto';
import { vi } from 'vitest';

/**
 * WebCrypto answers from other threads, so that the same plan would not run twice in the same order. Here it takes one
 * turn of the event loop, always. The results are the same.
 */
export function repeatableCrypto(): void {
  const { subtle } = crypto;
  vi.spyOn(subtle, 'sign').mockImplementation((_algorithm, key, data) =>
    nextTurn(() => createHmac('sha256', KeyObject.from(key)).update(bytesOf(data)).digest()),
  );
  vi.spyOn(subtle, 'encrypt').mockImplementation((algorithm, key, data) =>
    nextTurn(() => {
      const { iv, additionalData = new Uint8Array() } = algorithm as AesGcmParams;
      const cipher = createCipheriv('aes-256-gcm', KeyObject.from(key), bytesOf(iv)).setAAD(bytesOf(additionalData));
      return Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]);
    }),
  );
  vi.spyOn(subtle, 'decrypt').mockImplementation((algorithm, key, data) =>
    nextTurn(() => {
      const { iv, additionalData = new Uint8Array() } = algorithm as AesGcmParams;
      const cipher = createDecipheriv('aes-256-gcm', KeyObject.from(key), bytesOf(iv)).setAAD(bytesOf(additionalData));
      const sealed = bytesOf(data);
      cipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([cipher.update(sealed.subarray(0, -TAG_BYTES)), cipher.final()]);
    }),
  );
  const keys = new Map<string, Promise<CryptoKey>>();
  const { importKey, deriveKey } = subtle;
  const once = (name: string, make: () => Promise<CryptoKey>) => {
    const known = keys.get(name) ?? make();
    keys.set(name, known);
    return known;
  };
  vi.spyOn(subtle, 'importKey').mockImplementation((...given: unknown[]) =>
    once(`import ${Buffer.from(given[1] as Uint8Array).toString('hex')}`, () =>
      Reflect.apply(importKey, subtle, given),
    ),
  );
  // All keys of these tests are made of one secret.
  vi.spyOn(subtle, 'deriveKey').mockImplementation((...given: unknown[]) =>
    once(`derive ${Buffer.from((given[0] as { info: Uint8Array }).info).toString('hex')}`, () =>
      Reflect.apply(deriveKey, subtle, given),
    ),
  );
}

const TAG_BYTES = 16;

function bytesOf(given: BufferSource): Uint8Array {
  return ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given);
}

function nextTurn(make: () => Buffer): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(new Uint8Array(make()).buffer);
      } catch (error) {
        reject(error);
      }
    });
  });
}

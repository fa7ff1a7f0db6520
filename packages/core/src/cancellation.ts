/**
 * Reports once that a call is over: the client disconnected, a deadline passed, or the gateway closes. A lighter
 * AbortController: a real `AbortSignal` is created only if a hook asks for one.
 */
export class Cancellation {
  #listeners: ((reason: unknown) => void)[] = [];
  #controller: AbortController | undefined;
  /** The reason of the cancellation; undefined before. */
  reason: unknown = undefined;

  get cancelled(): boolean {
    return this.reason !== undefined;
  }

  /** The same as an `AbortSignal`. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.cancelled) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Cancels; only the first reason counts. All listeners hear of it, whatever one of them throws. */
  cancel(reason: unknown): void {
    if (this.cancelled) return;
    this.reason = reason ?? new Error('cancelled');
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) {
      try {
        listener(this.reason);
      } catch {
        // Whoever cancels has nothing to do with this listener, and the others must hear of it.
      }
    }
    this.#controller?.abort(this.reason);
  }

  /**
   * Runs `listener` on cancellation, or at once if it is already cancelled. Returns a function that removes the
   * listener.
   */
  onCancel(listener: (reason: unknown) => void): () => void {
    if (this.cancelled) {
      listener(this.reason);
      return () => {};
    }
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
  }
}

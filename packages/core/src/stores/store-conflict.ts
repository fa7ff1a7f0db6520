/**
 * A store refused what it was asked to do, and asking again will not help. `not_found`: there is nothing of that id.
 * `duplicate`: it is there already. `invalid`: a field cannot be kept as it is; the message names it.
 */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';

  constructor(
    readonly reason: 'not_found' | 'duplicate' | 'invalid',
    message: string,
  ) {
    super(message);
  }
}

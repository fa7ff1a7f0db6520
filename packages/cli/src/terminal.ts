/** What a command may use of its terminal. */
export interface Terminal {
  /** Writes a line, or several. */
  out(text: string): void;
  error(text: string): void;
  /** It supports colours, and they are not disabled. */
  readonly colours: boolean;
  /** The current directory of the command. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

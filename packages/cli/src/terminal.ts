/** What a command may touch of the terminal it runs in. */
export interface Terminal {
  /** Writes a line, or several. */
  out(text: string): void;
  error(text: string): void;
  /** It shows colours, and nobody asked for none. */
  readonly colours: boolean;
  /** Where the command was started. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

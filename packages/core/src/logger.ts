/** The shape of pino, which `console` and most others can be given in one line. Core is silent unless it has one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The part of pino that is used; never given a pod, only names, codes and times. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

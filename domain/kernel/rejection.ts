/** What kind of no: it decides the HTTP status (400, 403, 404, 409, 412, 422). */
export type RejectionKind = 'invalid' | 'forbidden' | 'missing' | 'conflict' | 'stale' | 'unprocessable';

/** The one error a decider throws: the command was understood and the rules say no. */
export class Rejection extends Error {
  constructor(
    /** Stable, for programs: `slot-taken`. */
    readonly code: string,
    /** For people; holds nothing about a patient. */
    message: string,
    readonly kind: RejectionKind = 'conflict',
    /** The field at fault, as a path into the command, where there is one. */
    readonly field?: string,
  ) {
    super(message);
  }
}

/** Says no. Usable as an expression: `found ?? reject(...)`. */
export const reject = (...args: ConstructorParameters<typeof Rejection>): never => {
  throw new Rejection(...args);
};

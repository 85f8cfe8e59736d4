import type { AnyDecider, StateOf } from '../../domain/kernel/decider.js';
import type { PaymentGateway } from './gateway.js';
import type { Ledger } from './ledger.js';
import type { Mailer } from './mailer.js';
import type { Vault } from './vault.js';

/** Time, as a port, so that clocks can be simulated. */
export interface Clock {
  /** Now, as an Instant. */
  now(): string;
}

/** What every command needs of the world. Injected under PORTS. */
export interface Ports {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Keyed digest of a command's data: equal data, equal text; tells nothing about them without the key. */
  readonly fingerprint: (data: unknown) => string;
  /** The fingerprint under which a command was recorded, in whichever stream; may lag behind the ledger by moments. */
  readonly fingerprintOf: (commandId: string) => Promise<string | undefined>;
  /**
   * Takes the key of a command that is about to be recorded, and gives the fingerprint that holds it: this one, or that
   * of a command which another process recorded a moment ago. Missing where nobody else writes.
   */
  readonly claim?: (commandId: string, fingerprint: string) => Promise<string>;
  /** The release, written into every envelope. */
  readonly software: string;
}

export const PORTS = Symbol('Ports');

/** The folded state of any aggregate. */
export type Load = <D extends AnyDecider>(d: D, id: string) => Promise<StateOf<D>>;

/** What effects may touch. */
export interface World {
  readonly clock: Clock;
  readonly load: Load;
  readonly mailer: Mailer;
  readonly gateway: PaymentGateway;
  /** For what a mail must hold but the ledger must not: one-time secrets. */
  readonly vault: Vault;
  /** Where people reach the application, without a slash at the end; links in mails begin with it. */
  readonly publicUrl: string;
}

import type { Position } from '../../domain/kernel/envelope.js';

/** A place in what is offered: its position in the ledger, and how many offered events there are up to it. */
export interface Mark {
  readonly position: Position;
  readonly sequence: number;
}

/** `healthstack.chat.v1/3`. */
export type PartitionName = string;

/** What is written to a partition for one event. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null where the event comes without data. */
  readonly value: string | null;
}

/** Why an event went without its data. The feed has them, or will have when the cause is mended. */
export type ParkedReason = 'unreadable' | 'too-large';

export interface Parked {
  readonly reason: ParkedReason;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly sequence: number;
}

/** What a relay writes together with its records, so that another one can go on from there. */
export interface Checkpoint {
  /** Every offered event at or before it was written. */
  readonly through: Mark;
  /** The last record of each partition that holds one. */
  readonly ends: Readonly<Record<PartitionName, Mark>>;
  /** How many partitions each topic has. Another number would send keys elsewhere. */
  readonly partitions: Readonly<Record<string, number>>;
  /** How many events went without their data, and the last of them. */
  readonly parked: { readonly count: number; readonly last: readonly Parked[] };
}

/**
 * What lies at the end of a partition: the last record, `none` when nothing was ever written there, `expired` when its
 * retention took everything.
 */
export type Tail = Mark | 'none' | 'expired';

/** Where all partitions end, read after everybody else was shut out. */
export interface Ends {
  readonly checkpoint: Checkpoint | undefined;
  readonly tails: ReadonlyMap<PartitionName, Tail>;
  readonly partitions: Readonly<Record<string, number>>;
}

/** The right to write, until somebody else opens. */
export interface LogSession {
  readonly ends: Ends;
  /** How large one record may be. */
  readonly recordBytesMax: number;
  /** The same for a key for ever. */
  partitionOf(topic: string, key: string): number;
  /**
   * All of it, in order, with the checkpoint, or nothing. Throws Fenced when somebody else opened; after any other error
   * the outcome is unknown, and the session is of no more use.
   */
  write(records: readonly LogRecord[], checkpoint: Checkpoint): Promise<void>;
  close(): Promise<void>;
}

/** Partitioned topics that one relay at a time appends to. Kafka, or its model in tests. */
export interface RelayLog {
  /** Shuts out whoever wrote before, then finds where everything ends. Gives up with the signal. */
  open(signal: AbortSignal): Promise<LogSession>;
  /** How far whoever writes has come, without disturbing him. */
  latest(): Promise<Mark | undefined>;
}

/** Somebody else writes now. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

export const partitionName = (topic: string, partition: number): PartitionName => `${topic}/${partition}`;

/** Where to go on, and what each partition ends with. */
export interface Resumption {
  /** Undefined: from the ledger's first event. */
  readonly from: Mark | undefined;
  readonly ends: Map<PartitionName, Mark>;
}

/**
 * Where a relay goes on so that nothing is missing or doubled. Records and checkpoint are written together, so a partition
 * that ends as the checkpoint says is complete up to the checkpoint. One that ends elsewhere, because a broker lost what
 * it had acknowledged, is complete up to its own last record; then the ledger is read from the earliest of these, and
 * each partition takes only what lies after its own end.
 */
export const resumption = ({ checkpoint, tails }: Ends): Resumption => {
  const ends = new Map<PartitionName, Mark>();
  const complete: (Mark | undefined)[] = [];
  for (const [name, tail] of tails) {
    const told = checkpoint?.ends[name];
    const end = tail === 'expired' ? told : tail === 'none' ? undefined : tail;
    if (end) ends.set(name, end);
    complete.push(end?.sequence === told?.sequence ? checkpoint?.through : end);
  }
  const first = complete.every((mark) => mark !== undefined)
    ? complete.reduce((a, b) => (b.sequence < a.sequence ? b : a), complete[0]!)
    : undefined;
  return { from: first, ends };
};

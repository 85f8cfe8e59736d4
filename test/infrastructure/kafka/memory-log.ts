import {
  type Checkpoint,
  type Ends,
  Fenced,
  type LogRecord,
  type LogSession,
  partitionName,
  type RelayLog,
  type Tail,
} from '../../../infrastructure/kafka/log.js';

/** What happens to the n-th call: it fails before anything, or after everything was done and nobody could be told. */
export type Fault = 'before' | 'after';

const PARTITIONS = 3;

/** Kafka as the relay knows it: partitions, one writer at a time, transactions; and what can go wrong with them. */
export class MemoryLog implements RelayLog {
  readonly partitions = new Map<string, LogRecord[]>();
  checkpoints: Checkpoint[] = [];
  /** Of the next calls, in order; undefined for one that goes well. */
  faults: (Fault | undefined)[] = [];
  /** While it is away every call fails. */
  away = false;
  recordBytesMax = 10_000;
  partitionCount = PARTITIONS;
  opened = 0;
  written = 0;
  private epoch = 0;
  private readonly expired = new Set<string>();

  constructor(private readonly topics: readonly string[]) {}

  async open(): Promise<LogSession> {
    const fault = this.next();
    if (fault === 'before') throw new Error('Not there.');
    const epoch = ++this.epoch;
    this.opened++;
    if (fault === 'after') throw new Error('Cut off.');
    return {
      ends: this.ends(),
      recordBytesMax: this.recordBytesMax,
      partitionOf: (_topic, key) => [...key].reduce((sum, c) => sum + c.charCodeAt(0), 0) % this.partitionCount,
      write: async (records, checkpoint) => {
        const fault = this.next();
        if (fault === 'before') throw new Error('Not there.');
        if (epoch !== this.epoch) throw new Fenced();
        for (const record of records) this.partition(partitionName(record.topic, record.partition)).push(record);
        this.checkpoints.push(structuredClone(checkpoint));
        this.written += records.length;
        if (fault === 'after') throw new Error('Cut off.');
      },
      close: async () => undefined,
    };
  }

  async latest() {
    if (this.next() !== undefined) throw new Error('Not there.');
    return this.checkpoints.at(-1)?.through;
  }

  /** A broker loses the last records of a partition although it acknowledged them. */
  lose(name: string, count: number): void {
    const records = this.partition(name);
    records.splice(Math.max(0, records.length - count));
  }

  /** Retention takes all of a partition. */
  expire(name: string): void {
    if (this.partition(name).splice(0).length > 0) this.expired.add(name);
  }

  all(): LogRecord[] {
    return [...this.partitions.values()].flat();
  }

  private next(): Fault | undefined {
    return this.away ? 'before' : this.faults.shift();
  }

  private partition(name: string): LogRecord[] {
    const records = this.partitions.get(name) ?? [];
    this.partitions.set(name, records);
    return records;
  }

  private ends(): Ends {
    const tails = new Map<string, Tail>();
    for (const topic of this.topics)
      for (let i = 0; i < this.partitionCount; i++)
        tails.set(partitionName(topic, i), this.tail(partitionName(topic, i)));
    const partitions = Object.fromEntries(this.topics.map((topic) => [topic, this.partitionCount]));
    return { checkpoint: this.checkpoints.at(-1), tails, partitions };
  }

  private tail(name: string): Tail {
    const last = this.partition(name).at(-1)?.headers;
    if (last) return { position: last.ce_position!, sequence: Number(last.ce_sequence) };
    return this.expired.has(name) ? 'expired' : 'none';
  }
}

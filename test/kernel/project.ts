import type { Meta } from '../../domain/kernel/envelope.js';
import type { EventOf, Events, Seen } from '../../domain/kernel/event.js';
import type { Projection } from '../../projections/kernel/projection.js';
import { NOW, SYSTEM } from './spec.js';

/** An envelope for tests that look at the data. */
export const META: Meta = {
  commandId: 'command-1',
  command: 'Test',
  fingerprint: 'f',
  $correlationId: 'command-1',
  $causationId: 'command-1',
  actor: SYSTEM,
  purpose: 'TREAT',
  recordedAt: NOW,
  schemaVersion: 1,
  software: 'test',
};

/** The documents that a projection makes of these events, by key. */
export const project = <Es extends Events, Doc extends object>(
  p: Projection<Es, Doc>,
  ...events: (EventOf<Es> & { stream: string; meta?: Partial<Meta> })[]
): Record<string, Doc> => {
  const docs = new Map<string, Doc>();
  events.forEach((event, i) => {
    const meta = { ...META, ...event.meta };
    const seen = { ...event, id: `event-${i}`, revision: i, position: String(i + 1), meta } as unknown as Seen<Es>;
    const keys: readonly string[] = [p.key(seen) ?? []].flat();
    for (const key of keys) {
      const next = p.on[event.type](docs.get(key), seen, key);
      if (next === null) docs.delete(key);
      else docs.set(key, next);
    }
  });
  return Object.fromEntries(docs);
};

import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { effects, reactions, timers } from '../application/index.js';
import type { World } from '../application/kernel/ports.js';
import type { Condition } from '../infrastructure/http/health.controller.js';
import { fenced, FencedCheckpoints } from '../infrastructure/leases/fenced.js';
import { type Lease, Leases } from '../infrastructure/leases/leases.js';
import { Turns } from '../infrastructure/leases/turns.js';
import { Announcer, SHOWN } from '../infrastructure/read-models/announcing.js';
import { Projector } from '../infrastructure/read-models/projector.js';
import {
  observedBatch,
  observeProjector,
  observeTurns,
  observeWorker,
} from '../infrastructure/telemetry/instruments.js';
import { Worker } from '../infrastructure/worker/worker.js';
import { projections } from '../projections/index.js';
import type { Ground } from './ground.js';

// What one process of several does at a time, and the others stand by for.

export const leasesOf = ({ readModels, configuration, log }: Ground): Leases =>
  new Leases({
    readModels,
    logger: log,
    holder: `${hostname()}/${process.pid}/${randomUUID()}`,
    ttlMs: (configuration.LEASE_SECONDS ?? 5) * 1_000,
  });

/** One for each read model: what comes again after a crash changes nothing, and how far all are is told apart. */
const CHECKPOINT_EVERY_MS = 1_000;

interface Projecting {
  readonly projector: Projector;
  readonly stop: () => Promise<void>;
}

/** Keeps the read models, and tells the others how far they are. */
export const projectingTurns = (ground: Ground, leases: Leases): Turns<Projecting> => {
  const { ledger, readModels, clock, log, redis, telemetry } = ground;
  const begin = async (lease: Lease): Promise<Projecting> => {
    const checkpoints = new FencedCheckpoints(readModels, lease);
    const guarded = fenced(readModels, checkpoints);
    const checkpointEveryMs = CHECKPOINT_EVERY_MS;
    const following = { ledger, readModels: guarded, projections, clock, logger: log, checkpointEveryMs };
    const onBatch = telemetry && observedBatch('project', telemetry);
    const projector = new Projector({ ...following, ...(onBatch && { onBatch }) });
    const save = (position: string) => checkpoints.save(SHOWN, position);
    const announcer = new Announcer({ projector, save, notices: redis?.notices, logger: log });
    await projector.start();
    announcer.start();
    return {
      projector,
      stop: async () => {
        await projector.stop();
        await announcer.stop();
      },
    };
  };
  const turns = new Turns(leases, 'projector', begin, log);
  if (telemetry) observeTurns('projector', turns, telemetry);
  if (telemetry) observeProjector(() => turns.current?.projector, telemetry);
  return turns;
};

/** Reacts, touches the outside, fires timers. */
export const workingTurns = (
  ground: Ground,
  leases: Leases,
  app: NestFastifyApplication,
  world: World,
): Turns<Worker> => {
  const { ledger, readModels, clock, log, telemetry } = ground;
  const bus = app.get(CommandBus);
  const turns = new Turns(
    leases,
    'worker',
    async (lease) => {
      const guarded = fenced(readModels, new FencedCheckpoints(readModels, lease));
      const { isHeld } = lease;
      const options = {
        ledger,
        readModels: guarded,
        bus,
        reactions,
        effects,
        timers,
        world,
        clock,
        logger: log,
        isHeld,
      };
      const worker = new Worker(options);
      await worker.start();
      return worker;
    },
    log,
  );
  if (telemetry) observeTurns('worker', turns, telemetry);
  if (telemetry) observeWorker(() => turns.current, telemetry);
  return turns;
};

/** Standing by is as good as working. */
export const turnsCondition = async <R extends { stop(): Promise<void> }>(
  { current }: Turns<R>,
  condition: (working: R) => Promise<Condition> | Condition,
): Promise<Condition> => (current ? { ...(await condition(current)), active: true } : { status: 'up', active: false });

import { CommandBus } from '@nestjs/cqrs';
import canonicalize from 'canonicalize';
import { createHmac, createSecretKey, randomUUID } from 'node:crypto';
import { Doors } from '../application/doors.js';
import { handlers } from '../application/index.js';
import type { Throttle } from '../application/kernel/access.js';
import { FILES } from '../application/kernel/files.js';
import { PAYMENT_GATEWAY, type PaymentGateway } from '../application/kernel/gateway.js';
import type { Ledger } from '../application/kernel/ledger.js';
import { type Load, type Ports, PORTS } from '../application/kernel/ports.js';
import { Streams } from '../application/kernel/streams.js';
import type { Meta } from '../domain/kernel/envelope.js';
import { createPasswords } from '../infrastructure/identity/passwords.js';
import { ALLOWANCES, createThrottle } from '../infrastructure/identity/throttle.js';
import { observeStreams } from '../infrastructure/telemetry/instruments.js';
import { audit } from '../projections/audit/audit.js';
import type { ReadModels } from '../projections/kernel/read-models.js';
import { controllers } from '../write-api/index.js';
import { policy } from '../write-api/policy.js';
import { type Offered, tokensOf } from './api.js';
import type { Ground } from './ground.js';

/** What decides and appends: behind the write API, and behind the worker that sends commands of its own. */
export interface CommandSide {
  readonly ports: Ports;
  readonly streams: Streams;
  readonly load: Load;
  /** The handlers, and what they ask for. */
  readonly handling: Offered;
  /** The same with the routes of the write API. */
  readonly api: (gateway: PaymentGateway) => Offered;
}

export const commandSide = async (ground: Ground): Promise<CommandSide> => {
  const { ledger, readModels, vault, clock, software, files, shared, telemetry } = ground;
  const streams = new Streams(ledger, shared);
  if (telemetry) observeStreams(streams, telemetry);
  const load: Load = async (d, id) => (await streams.fresh(d, id)).state;
  const key = createSecretKey(await vault.secret('fingerprint'));
  const ports: Ports = {
    ledger,
    clock,
    software,
    fingerprint: (data) => createHmac('sha256', key).update(canonicalize(data)!).digest('base64url').slice(0, 22),
    fingerprintOf: fingerprintsIn(ledger, readModels),
    ...(shared && { claim: claimsIn(readModels) }),
  };
  const handling: Offered = {
    controllers: [],
    policy: {},
    providers: [...handlers, { provide: PORTS, useValue: ports }, { provide: Streams, useValue: streams }],
  };
  const throttle = await throttleOf(ground);
  const doors = (bus: CommandBus): Doors => {
    const [tokens, passwords] = [tokensOf(ground), createPasswords()];
    return new Doors({ vault, passwords, tokens, throttle, bus, load, clock, newId: randomUUID });
  };
  return {
    ...{ ports, streams, load, handling },
    api: (gateway) => ({
      controllers,
      policy,
      providers: [
        ...handling.providers,
        { provide: FILES, useValue: files },
        { provide: PAYMENT_GATEWAY, useValue: gateway },
        { provide: Doors, inject: [CommandBus], useFactory: doors },
      ],
    }),
  };
};

/** Shared by the replicas where there is something to share it by. */
const throttleOf = async ({ redis, vault }: Ground): Promise<Throttle> => {
  if (!redis) return createThrottle();
  const { redisLimiter } = await import('../infrastructure/redis/limiter.js');
  return createThrottle(ALLOWANCES, redisLimiter(redis.client, createSecretKey(await vault.secret('limits'))));
};

/** Found through the audit trail, read from the ledger: the trail itself keeps no fingerprints. */
const fingerprintsIn =
  (ledger: Ledger, readModels: ReadModels): Ports['fingerprintOf'] =>
  async (commandId) => {
    const entries = await readModels.open<{ stream: string; revision: number }>(audit);
    const { items } = await entries.query({ index: 'byCommand', equal: { commandId }, limit: 1 });
    if (!items[0]) return undefined;
    const { stream, revision } = items[0].doc;
    const [event] = await ledger.readStream(stream, { from: revision, maxCount: 1 });
    return (event?.metadata as Meta | undefined)?.fingerprint;
  };

const COMMAND_KEYS = { name: 'commandKeys', version: 1, indexes: {} };

/** Until the trail knows of a command, its key is held here: of two processes with one key one is the first. */
const claimsIn =
  (readModels: ReadModels): NonNullable<Ports['claim']> =>
  async (commandId, fingerprint) => {
    const keys = await readModels.open<{ fingerprint: string }>(COMMAND_KEYS);
    const lost = await keys.write([{ key: commandId, expected: undefined, at: '1', doc: { fingerprint } }]);
    if (lost.length === 0) return fingerprint;
    return (await keys.get(commandId))?.doc.fingerprint ?? fingerprint;
  };

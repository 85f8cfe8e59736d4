import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Actor, Parties, Position, Trace } from '../../domain/kernel/envelope.js';
import { Unauthenticated } from '../../application/kernel/access.js';
import { Rejection } from '../../domain/kernel/rejection.js';
import { TokenRefused } from '../identity/tokens.js';
import { traceOf } from '../telemetry/telemetry.js';
import { AccessLog } from './access-log.js';
import {
  grantsFor,
  notPermitted,
  type Permit,
  permitted,
  type PolicyRow,
  type PolicyTable,
  type Relations,
  type RoleGrant,
} from './policy.js';

/** What is known of whoever presents a token. */
export interface Verified {
  readonly accountId: string;
  readonly sessionId: string;
  readonly roles: readonly RoleGrant[];
}

/** Throws when a token is not one of ours, has expired or was revoked. */
export type VerifyToken = (token: string) => Promise<Verified> | Verified;

/** What a door must know. One per API process, injected under DOOR. */
export interface DoorOptions {
  readonly verify: VerifyToken;
  readonly policy: PolicyTable;
  readonly relations: Relations;
}
export const DOOR = Symbol('Door');

/** Metadata key under which a route carries its operation's name. */
export const OPERATION = 'healthstack:operation';

/** Whoever asks, at the one operation asked for. */
export interface Asker {
  readonly operation: string;
  /** Undefined where no token was needed nor given. */
  readonly account: Verified | undefined;
  readonly purpose: string;
  readonly correlationId: string;
  /** Where in a trace the request lies; what it causes belongs under it. */
  readonly trace: Trace | undefined;
  /** Whether the operation asks no relation of this asker. */
  readonly unconditional: boolean;
  /** The read models must show at least what lies at this position. */
  readonly minPosition: Position | undefined;
  /** Whether the policy lets the asker see what is about these parties; nothing is recorded. */
  readonly mayRead: (parties: Parties) => Promise<boolean>;
  /** As whom, and for which hospital, the asker is recorded, once the policy agreed. */
  readonly actsAs: (parties: Parties) => Promise<Permit>;
  /**
   * The actor as which the asker may act on these parties. Otherwise it records the refusal, unless `beforeRefusal`
   * throws, and throws Rejection.
   */
  readonly authorize: (parties: Parties, key?: string, beforeRefusal?: () => Promise<void>) => Promise<Actor>;
  /** Records that a rule refused what the policy had let in. */
  readonly refused: (actor: Actor, parties: Parties, key: string) => Promise<void>;
}

type Asking = FastifyRequest & { asker?: Asker; trace?: Trace };

export const askerOf = (request: FastifyRequest): Asker => (request as Asking).asker!;

export const ANONYMOUS: Actor = { id: 'anonymous', role: 'system' };

const PURPOSES = new Set(['TREAT', 'HPAYMT', 'HOPERAT', 'PATRQT', 'HRESCH', 'PUBHLTH', 'HMARKT', 'BTG']);

/** Nobody passes without a token that verifies, a role that the operation's row names, and an asker made for it. */
@Injectable()
export class Door implements CanActivate {
  constructor(
    @Inject(DOOR) private readonly options: DoorOptions,
    @Inject(AccessLog) private readonly accessLog: AccessLog,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const operation = this.reflector.get<string | undefined>(OPERATION, context.getHandler());
    const row = operation === undefined ? undefined : this.options.policy[operation];
    if (operation === undefined || row === undefined) throw notPermitted();
    const request = context.switchToHttp().getRequest<Asking>();

    const token = bearerOf(request);
    if (token === undefined) {
      if (row.anyone === undefined) throw unauthenticated('A token is needed.');
      request.asker = this.askerFor(request, operation, row, undefined);
      return true;
    }
    const verified = this.verified(token);
    return verified instanceof Promise
      ? verified.then((account) => this.admit(request, operation, row, account))
      : this.admit(request, operation, row, verified);
  }

  private verified(token: string): Promise<Verified> | Verified {
    // A vault that cannot be asked is no reason to say that a token is bad.
    const refuse = (error: unknown): never => {
      throw error instanceof TokenRefused ? unauthenticated('The token is not valid (any more).') : error;
    };
    try {
      const verified = this.options.verify(token);
      return verified instanceof Promise ? verified.catch(refuse) : verified;
    } catch (error) {
      return refuse(error);
    }
  }

  private admit(request: Asking, operation: string, row: PolicyRow, account: Verified): boolean | Promise<boolean> {
    const asker = this.askerFor(request, operation, row, account);
    request.asker = asker;
    if (row.anyone !== undefined || grantsFor(row, account.roles).length > 0) return true;
    return this.refuse(asker, {}, undefined);
  }

  private askerFor(request: Asking, operation: string, row: PolicyRow, account: Verified | undefined): Asker {
    const { headers } = request;
    const purpose = headers['purpose-of-use'];
    const correlation = headers['x-correlation-id'];
    const permitFor = async (parties: Parties): Promise<Permit | undefined> =>
      account && permitted(row, account.accountId, account.roles, parties, this.options.relations);
    // Where anyone may, an account that no row names still is who it is.
    const role = account?.roles[0]?.role;
    const bystander: Actor = account && role ? { id: account.accountId, role } : ANONYMOUS;
    const asker: Asker = {
      operation,
      account,
      purpose: typeof purpose === 'string' && PURPOSES.has(purpose) ? purpose : 'TREAT',
      correlationId: typeof correlation === 'string' && /^[\w.-]{1,64}$/.test(correlation) ? correlation : randomUUID(),
      trace: request.trace ?? traceOf(headers.traceparent),
      unconditional:
        row.anyone !== undefined ||
        grantsFor(row, account?.roles ?? []).some(({ role }) => [row[role] ?? []].flat().includes('any')),
      minPosition: minPositionOf(request),
      mayRead: async (parties) => row.anyone !== undefined || (await permitFor(parties)) !== undefined,
      actsAs: async (parties) => (await permitFor(parties)) ?? { actor: bystander },
      authorize: async (parties, key, beforeRefusal) => {
        const permit = await permitFor(parties);
        if (permit) return permit.actor;
        if (row.anyone !== undefined) return bystander;
        await beforeRefusal?.();
        return this.refuse(asker, parties, key);
      },
      refused: async (actor, parties, key) => {
        if (account) await this.record(asker, actor, parties, key);
      },
    };
    return asker;
  }

  private async refuse(asker: Asker, parties: Parties, key: string | undefined): Promise<never> {
    const { accountId, roles } = asker.account!;
    await this.record(asker, { id: accountId, role: roles[0]?.role ?? 'patient' }, parties, key);
    throw notPermitted();
  }

  private record(
    { operation, purpose, correlationId }: Asker,
    actor: Actor,
    parties: Parties,
    key?: string,
  ): Promise<void> {
    const subjects = parties.patientId === undefined ? [] : [parties.patientId];
    return this.accessLog.refused(
      { actor, operation, purpose, correlationId, subjects, hospitalId: parties.hospitalId },
      key,
    );
  }
}

const bearerOf = ({ headers }: FastifyRequest): string | undefined => {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  return authorization.startsWith('Bearer ') ? authorization.slice(7) : '';
};

const minPositionOf = ({ query }: FastifyRequest): Position | undefined => {
  const given = (query as Record<string, unknown> | undefined)?.minPosition;
  if (given === undefined) return undefined;
  if (typeof given !== 'string' || !/^(0|[1-9]\d{0,18})$/.test(given))
    throw new Rejection('invalid', 'A position is taken from an answer, as it is.', 'invalid', 'minPosition');
  return given;
};

const unauthenticated = (detail: string): Unauthenticated => new Unauthenticated('unauthenticated', detail);

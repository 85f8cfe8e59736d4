import { Controller, Get, Inject, Res, SetMetadata } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { OPERATION } from './door.js';
import type { PolicyTable } from './policy.js';

/** What one dependency says of itself. `degraded` still serves. */
export interface Condition {
  readonly status: 'up' | 'degraded' | 'down';
  readonly [detail: string]: unknown;
}

/** Asks every dependency; each answers within a second or counts as down. Injected under HEALTH. */
export interface Health {
  check(): Promise<Readonly<Record<string, Condition>>>;
}
export const HEALTH = Symbol('Health');

/** Anybody may ask how a process is. */
export const healthPolicy: PolicyTable = {
  health: { anyone: 'any' },
  healthLive: { anyone: 'any' },
  healthReady: { anyone: 'any' },
};

const route =
  (operation: string, path: string, summary: string): MethodDecorator =>
  (target, name, descriptor) => {
    Get(path)(target, name, descriptor);
    SetMetadata(OPERATION, operation)(target, name as string, descriptor);
    ApiOperation({ operationId: operation, summary, security: [] })(target, name, descriptor);
  };

/** For orchestrators and people who keep it running. Says nothing about what is stored. */
@Controller('api/health')
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: Health) {}

  @route('healthLive', 'live', 'The process runs; depends on nothing else.')
  live() {
    return { status: 'up' };
  }

  @route('healthReady', 'ready', 'Whether requests can be served; each dependency and how far read models lag.')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const answer = await this.all();
    if (answer.status === 'down') void reply.status(503);
    return answer;
  }

  @route('health', '', 'The same, always answered 200.')
  all() {
    return this.health.check().then((checks) => ({ status: worst(checks), checks }));
  }
}

const worst = (checks: Readonly<Record<string, Condition>>): Condition['status'] => {
  const statuses = Object.values(checks).map(({ status }) => status);
  return statuses.includes('down') ? 'down' : statuses.includes('degraded') ? 'degraded' : 'up';
};

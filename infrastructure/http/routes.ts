import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpCode,
  Post,
  SetMetadata,
} from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import { Rejection } from '../../domain/kernel/rejection.js';
import type { Caller } from '../../application/kernel/transact.js';
import { ANONYMOUS, type Asker, askerOf, OPERATION } from './door.js';

const COMMAND_IDS = '0b6f6f5e-7d0f-4c7e-9a43-3a1d4a3f0c11';
const NEW_IDS = '6c1a1d6e-54b5-4f9c-8d3c-1c9f0e6b7a52';

const problems = (...statuses: number[]) =>
  statuses.map((status) =>
    ApiResponse({
      status,
      description: PROBLEMS[status]!,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }),
  );
const PROBLEMS: Record<number, string> = {
  400: 'The request does not fit; each field at fault is named.',
  401: 'A token is missing or not valid.',
  403: 'It does not exist, or you may not.',
  404: 'It does not exist.',
  409: 'A rule says no.',
  412: 'It was changed since you looked at it.',
  413: 'Too large.',
  422: 'This Idempotency-Key was used for another command, or the content cannot be taken.',
  429: 'Too many requests; Retry-After says when to come back.',
  503: 'Not now; Retry-After says when.',
};

/** How a command's route differs from the usual one. */
export interface CommandRouteOptions {
  /** 202 unless told. */
  readonly status?: number;
  /** No token is needed: the policy row has `anyone`. */
  readonly open?: boolean;
}

/** A command: POST, answered 202 with id, revision and position. `operation` names its row in the policy table. */
export const CommandRoute = (
  operation: string,
  path: string,
  summary: string,
  { status = 202, open = false }: CommandRouteOptions = {},
) =>
  applyDecorators(
    Post(path),
    HttpCode(status),
    SetMetadata(OPERATION, operation),
    ApiOperation({ operationId: operation, summary, ...(open && { security: [] }) }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'The same key is the same command: it happens once.',
      schema: { type: 'string', maxLength: 200 },
    }),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The ETag you last saw; 412 when it has changed.',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status,
      description: 'Accepted, durable.',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Accepted' } } },
    }),
    ...problems(400, 403, 409, 412, 422, 429, 503),
    ...(open ? [] : [ApiBearerAuth(), ...problems(401)]),
  );

/** How a question's route differs from the usual one. */
export interface QuestionRouteOptions {
  /** No token is needed: the policy row has `anyone`. */
  readonly open?: boolean;
  /** What it answers, in a sentence. */
  readonly answer?: string;
}

/** A question: GET, answered from a read model. `operation` names its row in the policy table. */
export const QuestionRoute = (
  operation: string,
  path: string,
  summary: string,
  { open = false, answer = 'The answer.' }: QuestionRouteOptions = {},
) =>
  applyDecorators(
    Get(path),
    SetMetadata(OPERATION, operation),
    ApiOperation({ operationId: operation, summary, ...(open && { security: [] }) }),
    ApiQuery({
      name: 'minPosition',
      required: false,
      description: 'Wait until what lies at this position is visible.',
      schema: { type: 'string', pattern: '^\\d{1,19}$' },
    }),
    ApiResponse({ status: 200, description: answer, content: { 'application/json': { schema: { type: 'object' } } } }),
    ...problems(400, 403, 404, 429, 503),
    ...(open ? [] : [ApiBearerAuth(), ...problems(401)]),
  );

/** Who asks. */
export const FromAsker = createParamDecorator((_: unknown, context: ExecutionContext): Asker =>
  askerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** Who commands, and under which command id: the same Idempotency-Key of one account is the same command. */
export const FromCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return callerOf(request, askerOf(request));
});

const callerOf = ({ headers }: FastifyRequest, asker: Asker): Caller => {
  const key = headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || key.length === 0 || key.length > 200))
    throw new Rejection('invalid', 'An Idempotency-Key has 1 to 200 characters.', 'invalid', 'Idempotency-Key');
  const by = asker.account?.accountId ?? ANONYMOUS.id;
  const commandId = key === undefined ? randomUUID() : uuidv5(`${by}/${key}`, COMMAND_IDS);
  const expected = revisionOf(headers['if-match']);
  const role = asker.account?.roles[0]?.role;
  return {
    actor: asker.account && role ? { id: asker.account.accountId, role } : ANONYMOUS,
    commandId,
    ...(key !== undefined && { keyed: true }),
    correlationId: asker.correlationId,
    causationId: commandId,
    purpose: asker.purpose,
    ...(asker.trace && { trace: asker.trace }),
    ...(expected !== undefined && { expected }),
    authorize: asker.authorize,
    refused: asker.refused,
  };
};

const revisionOf = (ifMatch: string | undefined): number | undefined => {
  if (ifMatch === undefined) return undefined;
  const revision = /^(?:W\/)?"(\d{1,15})"$/.exec(ifMatch.trim())?.[1];
  if (revision === undefined)
    throw new Rejection('invalid', 'If-Match takes one ETag that was given out.', 'invalid', 'If-Match');
  return Number(revision);
};

/** A new thing's id, derived from the command: a repeated request names the same thing. `kind` keeps several apart. */
export const newId = (caller: Pick<Caller, 'commandId'>, kind: string): string =>
  uuidv5(`${kind}/${caller.commandId}`, NEW_IDS);

import {
  type ArgumentMetadata,
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  type PipeTransform,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Rejection, type RejectionKind } from '../../domain/kernel/rejection.js';
import { TooManyRequests, Unauthenticated } from '../../application/kernel/access.js';
import { StorageFull, TooLarge, Transient, UnknownOutcome } from '../../application/kernel/ledger.js';
import { BadQuery } from '../../projections/kernel/read-models.js';

/** RFC 9457, with a stable `code` for programs and the fields at fault. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** Where failures that nobody expected are reported; it gets no request data. */
export interface FaultLog {
  fault(what: { readonly route: string; readonly error: string; readonly stack: string | undefined }): void;
}
export const FAULT_LOG = Symbol('FaultLog');

/** Not now: the caller should come back. */
export class NotNow extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterSeconds: number,
    readonly status: 429 | 503 | 507 = 503,
  ) {
    super(message);
  }
}

const STATUS: Record<RejectionKind, number> = {
  invalid: 400,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  stale: 412,
  unprocessable: 422,
};

const TITLES: Record<number, string> = {
  400: 'The request does not fit',
  401: 'Who are you?',
  403: 'Not permitted',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  409: 'A rule says no',
  412: 'Changed meanwhile',
  413: 'Too large',
  414: 'Too long',
  415: 'Media type not taken',
  422: 'Cannot be taken',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Our fault',
  503: 'Not now',
  507: 'No room',
};

/** A body, query or path that does not fit its schema: 400 naming each field. */
export class Unfit extends Error {
  constructor(readonly errors: readonly { readonly field: string; readonly message: string }[]) {
    super('The request does not fit.');
  }
}

const ERRORS_MAX = 20;

/** Parses what routes declare with `@Body({ schema })`, `@Query({ schema })` or `@Param(name, { schema })`. */
export class Fitting implements PipeTransform {
  async transform(value: unknown, { schema, data }: ArgumentMetadata): Promise<unknown> {
    if (!schema) return value;
    const result = await schema['~standard'].validate(value);
    if (!result.issues) return result.value;
    // A parameter's name is known here only; within a body the path says it all.
    const name = data === undefined ? [] : [data];
    throw new Unfit(
      result.issues.slice(0, ERRORS_MAX).map(({ path, message }) => ({
        field: [...name, ...(path ?? [])].map((s) => String(typeof s === 'object' ? s.key : s)).join('.'),
        message,
      })),
    );
  }
}

/** The one place where errors become answers. */
@Catch()
export class Problems implements ExceptionFilter {
  constructor(@Inject(FAULT_LOG) private readonly log: FaultLog) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    this.answer(error, http.getRequest<FastifyRequest>(), reply);
  }

  /** Also for what fails before a route is reached: unreadable JSON, too large a body. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = problemOf(error);
    if (problem.status === 500)
      this.log.fault({
        route: request.routeOptions?.url ?? '(none)',
        error: error instanceof Error ? error.name : typeof error,
        stack: error instanceof Error ? frames(error) : undefined,
      });
    if (error instanceof NotNow || error instanceof TooManyRequests)
      void reply.header('retry-after', String(error.retryAfterSeconds));
    else if (problem.status === 503 || problem.status === 507) void reply.header('retry-after', '1');
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

/** The stack without the message: a message may hold what a person wrote. */
const frames = ({ stack }: Error): string | undefined =>
  stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');

const problem = (status: number, code: string, detail: string, errors?: Problem['errors']): Problem => ({
  type: 'about:blank',
  title: TITLES[status] ?? 'Error',
  status,
  code,
  detail,
  ...(errors && { errors }),
});

const problemOf = (error: unknown): Problem => {
  if (error instanceof Rejection) {
    const fields = error.field === undefined ? undefined : [{ field: error.field, message: error.message }];
    return problem(STATUS[error.kind], error.code, error.message, fields);
  }
  if (error instanceof Unfit) return problem(400, 'invalid', 'Some fields do not fit.', error.errors);
  if (error instanceof NotNow) return problem(error.status, error.code, error.message);
  if (error instanceof Unauthenticated) return problem(401, error.code, error.message);
  if (error instanceof TooManyRequests) return problem(429, 'too-many-requests', error.message);
  if (error instanceof BadQuery) return problem(400, 'bad-query', 'The query, its cursor or its limit does not fit.');
  if (error instanceof TooLarge) return problem(413, 'too-large', 'It is too large to be recorded.');
  if (error instanceof StorageFull)
    return problem(507, 'storage-full', 'There is no room to record it. Nothing was changed.');
  if (error instanceof Transient || error instanceof UnknownOutcome)
    return problem(503, 'try-again', 'It could not be recorded now. Repeat it with the same Idempotency-Key.');
  if (error instanceof HttpException) return ofHttp(error);
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return problem(status, codeOf(status), TITLES[status] ?? 'The request cannot be read.');
  return problem(
    500,
    'fault',
    'Something failed on our side. Nothing is known to have been changed; repeat it with the same Idempotency-Key.',
  );
};

const ofHttp = (error: HttpException): Problem => {
  const status = error.getStatus();
  const body = error.getResponse();
  const { code, detail } = typeof body === 'object' ? (body as { code?: string; detail?: string }) : {};
  if (status >= 500 && code === undefined) return problem(status, 'not-now', TITLES[status] ?? 'Not now.');
  return problem(status, code ?? codeOf(status), detail ?? TITLES[status] ?? 'The request cannot be taken.');
};

const codeOf = (status: number): string =>
  (TITLES[status] ?? 'error')
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '');

import 'reflect-metadata';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import type { DynamicModule, INestApplicationContext, ModuleMetadata, Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory, Reflector } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AccessLog } from './access-log.js';
import { Door, DOOR, type DoorOptions, OPERATION } from './door.js';
import { FAULT_LOG, type FaultLog, Fitting, Problems } from './problems.js';

const BODY_BYTES_MAX = 1024 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const DRAIN_MS = 1_500;

/** What one API process is made of: flat lists. */
export interface ApplicationOptions {
  readonly controllers: readonly Type[];
  readonly providers: NonNullable<ModuleMetadata['providers']>;
  readonly door: DoorOptions;
  readonly accessLog: AccessLog;
  readonly faultLog: FaultLog;
  readonly software: string;
  /** Addresses or networks of proxies, with commas between, that are believed when they say who asks. */
  readonly trustedProxies?: string | undefined;
  /** Registers what is no Nest controller (the payment simulator's pages) before the routes are fixed. */
  readonly extend?: (fastify: FastifyInstance) => void | Promise<void>;
}

class HealthStackModule {}

/** The HTTP application, with its routes made and its documentation served, not listening yet. */
export const createApplication = async (options: ApplicationOptions): Promise<NestFastifyApplication> => {
  const problems = new Problems(options.faultLog);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    trustProxy: options.trustedProxies ?? false,
    requestTimeout: HEADERS_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
    // A path that cannot be decoded never reaches a route.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      problems.answer(error, request, reply),
  });
  const module: DynamicModule = {
    module: HealthStackModule,
    imports: [CqrsModule.forRoot()],
    controllers: [...options.controllers],
    providers: [
      ...options.providers,
      { provide: DOOR, useValue: options.door },
      { provide: AccessLog, useValue: options.accessLog },
      { provide: FAULT_LOG, useValue: options.faultLog },
      { provide: APP_GUARD, useClass: Door },
      { provide: APP_FILTER, useClass: Problems },
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  app.setGlobalPrefix('api/v1', {
    exclude: ['.well-known/*path', 'api/health', 'api/health/*path', 'api/asyncapi.json', 'api/schemas/*path'],
  });
  app.useGlobalPipes(new Fitting());
  const fastify = adapter.getInstance<FastifyInstance>();
  await app.register(helmet, { contentSecurityPolicy: false });
  await app.register(multipart, {
    limits: { files: 1, fields: 10, fileSize: 10 * 1024 * 1024 },
    throwFileSizeLimit: true,
  });
  tellPositions(fastify);
  await options.extend?.(fastify);
  const document = describe(app, options.software);
  serveDocumentation(app, document);
  await app.init();
  ensureGuarded(app, options.door);
  return app;
};

/** Every answer to a command says where it lies; every document says which revision it shows. */
const tellPositions = (fastify: FastifyInstance): void => {
  fastify.addHook('preSerialization', (_request, reply, payload, done) => {
    const { position, revision } = (payload ?? {}) as { position?: unknown; revision?: unknown };
    if (typeof position === 'string') void reply.header('ledger-position', position);
    if (typeof revision === 'number' && revision >= 0) void reply.header('etag', `"${revision}"`);
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    done(null, payload);
  });
};

/** An operation without a row in the policy table, or a route without an operation, stops the start. */
const ensureGuarded = (app: NestFastifyApplication, { policy }: DoorOptions): void => {
  const reflector = app.get(Reflector);
  const operations = new Map<string, string>();
  for (const controller of controllersOf(app)) {
    for (const name of Object.getOwnPropertyNames(controller.prototype).filter((own) => own !== 'constructor')) {
      const handler = (controller.prototype as Record<string, unknown>)[name];
      if (typeof handler !== 'function' || !Reflect.hasMetadata('path', handler)) continue;
      const operation = reflector.get<string | undefined>(OPERATION, handler as () => unknown);
      const where = `${controller.name}.${name}`;
      if (operation === undefined) throw new Error(`${where} names no operation.`);
      if (policy[operation] === undefined) throw new Error(`${where}: no row for ${operation} in the policy table.`);
      const twice = operations.get(operation);
      if (twice !== undefined) throw new Error(`${operation} is both ${twice} and ${where}.`);
      operations.set(operation, where);
    }
  }
  const unused = Object.keys(policy).filter((operation) => !operations.has(operation));
  if (unused.length > 0) throw new Error(`Rows of the policy table that no route has: ${unused.join(', ')}.`);
};

const controllersOf = (app: INestApplicationContext): Type[] => {
  const container = (
    app as unknown as { container: { getModules(): Map<string, { controllers: Map<unknown, { metatype: Type }> }> } }
  ).container;
  return [...container.getModules().values()].flatMap((m) =>
    [...m.controllers.values()].map(({ metatype }) => metatype),
  );
};

const describe = (app: NestFastifyApplication, software: string): OpenAPIObject => {
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('HealthStack')
      .setDescription('A hospital system whose only truth is a ledger. Commands are POST, questions are GET.')
      .setVersion(software)
      .setLicense('All rights reserved', 'https://healthstack.example/licence')
      .addServer('/')
      .addBearerAuth()
      .setOpenAPIVersion('3.1.0')
      .build(),
  );
  document.components!.schemas = { ...document.components!.schemas, ...SHARED_SCHEMAS };
  return document;
};

const SHARED_SCHEMAS = {
  Accepted: {
    type: 'object' as const,
    required: ['id', 'revision'],
    properties: {
      id: { type: 'string' as const, description: 'Of what the command was about.' },
      revision: { type: 'integer' as const, description: 'Of its stream; also the ETag.' },
      position: { type: 'string' as const, description: 'In the ledger; pass it as minPosition to see the effect.' },
    },
  },
  Problem: {
    type: 'object' as const,
    required: ['type', 'title', 'status', 'code', 'detail'],
    properties: {
      type: { type: 'string' as const },
      title: { type: 'string' as const },
      status: { type: 'integer' as const },
      code: { type: 'string' as const, description: 'Stable, for programs.' },
      detail: { type: 'string' as const },
      errors: {
        type: 'array' as const,
        items: {
          type: 'object' as const,
          properties: { field: { type: 'string' as const }, message: { type: 'string' as const } },
        },
      },
    },
  },
};

const serveDocumentation = (app: NestFastifyApplication, document: OpenAPIObject): void => {
  const text = JSON.stringify(document);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/api/openapi.json', (_request, reply) => reply.type('application/json').send(text));
  // Its scripts come from this server: the page works where nothing else can be reached.
  SwaggerModule.setup('api/docs', app, document, {
    raw: false,
    customSiteTitle: 'HealthStack API',
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none', filter: true, tryItOutEnabled: true },
  });
};

/** Stops taking requests, lets those under way finish, then closes; bounded. */
export const closeApplication = async (app: NestFastifyApplication, drainMs = DRAIN_MS): Promise<void> => {
  const closed = app.close();
  const late = new Promise<void>((resolve) => setTimeout(resolve, drainMs).unref());
  await Promise.race([closed, late]);
};

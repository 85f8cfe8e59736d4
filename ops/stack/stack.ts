import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Gateway } from '../gateway/proxy.js';
import { Child, freePort, type Recipe } from './child.js';
import { Engine } from './engine.js';

/** The processes of the system, by the file of dist/ that starts each. */
const PROGRAMS = {
  'write-api': 'write-api/main.js',
  'read-api': 'read-api/main.js',
  projector: 'read-api/projector.main.js',
  worker: 'write-api/worker.main.js',
} as const;
export type Program = keyof typeof PROGRAMS;
export const PROGRAM_NAMES = Object.keys(PROGRAMS) as Program[];

export interface StackOptions {
  /** Where everything of it lies: data, logs, uploads, mails. Made where it is missing. */
  readonly folder: string;
  /** Of each process. */
  readonly replicas?: number;
  /** Of the gateway; any free one without it. */
  readonly port?: number;
  /** Servers that run already; the others are started, as far as this machine can have them. */
  readonly running?: {
    readonly EVENTSTORE_URL?: string | undefined;
    readonly MONGODB_URL?: string | undefined;
    readonly KAFKA_BROKERS?: string | undefined;
    readonly REDIS_URL?: string | undefined;
  };
  /** Without Kafka it starts faster. */
  readonly withKafka?: boolean;
  /** More settings of each process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onProgress?: (what: string) => void;
}

type EngineName = 'mongo' | 'kafka' | 'redis';

/**
 * The distributed system on this machine, without containers: the engines, some of each process, a gateway before them. A
 * process that ends is started again, as an orchestrator does.
 */
export class Stack {
  private constructor(
    readonly folder: string,
    readonly url: string,
    /** The settings that all processes have. */
    readonly settings: Readonly<Record<string, string>>,
    readonly children: ReadonlyMap<string, Child>,
    /** Those that were started here; the others are not ours to stop. */
    readonly engines: ReadonlyMap<EngineName, Engine>,
    private readonly gateway: Gateway,
  ) {}

  /** Resolves when everything is ready; stops what was started when something fails. */
  static async start(options: StackOptions): Promise<Stack> {
    const { folder, replicas = 2, withKafka = true, running = {}, onProgress = () => undefined } = options;
    const root = rootFolder();
    for (const name of ['logs', 'files', 'ledger', 'payments', 'mail'])
      mkdirSync(join(folder, name), { recursive: true });
    const children = new Map<string, Child>();
    const engines = new Map<EngineName, Engine>();
    const add = (recipe: Omit<Recipe, 'logFile'>): Child => {
      const child = new Child({ ...recipe, logFile: join(folder, 'logs', `${recipe.name}.log`) });
      children.set(recipe.name, child);
      child.start();
      return child;
    };
    const engine = async (name: EngineName): Promise<string | undefined> => {
      onProgress(`starting ${name}`);
      const started = await Engine.start(name, root, join(folder, name));
      if (started) engines.set(name, started);
      else onProgress(`${name} cannot be had on this machine`);
      return started?.address;
    };
    let gateway: Gateway | undefined;
    try {
      const ports = await freePorts(2 + PROGRAM_NAMES.length * replicas);
      const PATH = process.env.PATH ?? '';
      const [ledgerPort, paymentPort] = [ports.pop()!, ports.pop()!];
      const port = options.port || (await freePort());
      const url = `http://127.0.0.1:${port}`;

      const mongo = running.MONGODB_URL ?? (await engine('mongo'));
      if (mongo === undefined) throw new Error('The stack needs MongoDB: set MONGODB_URL.');
      const redis = running.REDIS_URL ?? (await engine('redis'));
      const kafka = running.KAFKA_BROKERS ?? (withKafka ? await engine('kafka') : undefined);
      onProgress('starting the ledger');
      const ledger = running.EVENTSTORE_URL ?? `esdb://127.0.0.1:${ledgerPort}?tls=false`;
      if (!running.EVENTSTORE_URL) {
        const args = [join(root, 'dist/test/fixtures/eventstoredb/main.js'), '--port', String(ledgerPort)];
        await listens(
          add({ name: 'ledger', args: [...args, '--data', join(folder, 'ledger')], env: { PATH } }),
          ledgerPort,
        );
      }
      const pay = ['--port', String(paymentPort), '--data', join(folder, 'payments'), '--pages', `${url}/gateway`];
      const payments = add({
        name: 'payments',
        args: [join(root, 'dist/ops/payment-simulator.js'), ...pay],
        env: { PATH },
      });
      await listens(payments, paymentPort);

      // On servers that run already, databases of its own.
      const unique = randomBytes(4).toString('hex');
      const settings: Record<string, string> = {
        PATH,
        ...{ HOST: '127.0.0.1', PUBLIC_URL: url, TRUSTED_PROXIES: '127.0.0.1,::1' },
        ...{ DATA_DIR: folder, FILES_URL: pathToFileURL(join(folder, 'files')).href },
        LEDGER_URL: ledger,
        READ_MODELS_URL: databaseOf(mongo, `healthstack_${unique}`),
        VAULT_URL: databaseOf(mongo, `healthstack_vault_${unique}`),
        ...(redis !== undefined && { REDIS_URL: redis }),
        ...(kafka !== undefined && { KAFKA_BROKERS: kafka }),
        SSLCOMMERZ_URL: `http://127.0.0.1:${paymentPort}/gateway`,
        ...{ SSLCOMMERZ_STORE_ID: 'simulated', SSLCOMMERZ_STORE_PASSWORD: 'simulated' },
        ...{ LOG_LEVEL: 'info', ...options.env },
      };
      onProgress('starting the processes');
      const urls: Record<Program, string[]> = { 'write-api': [], 'read-api': [], projector: [], worker: [] };
      for (const program of PROGRAM_NAMES)
        for (let n = 1; n <= replicas; n++) {
          const PORT = ports.pop()!;
          const at = `http://127.0.0.1:${PORT}`;
          urls[program].push(at);
          const env = { ...settings, PORT: String(PORT) };
          const args = ['--enable-source-maps', join(root, 'dist', PROGRAMS[program])];
          add({ name: `${program}-${n}`, args, env, readyUrl: `${at}/api/health/ready` });
        }
      const prefixes = { '/gateway/': `http://127.0.0.1:${paymentPort}` };
      gateway = new Gateway({ reads: urls['read-api'], writes: urls['write-api'], prefixes });
      await gateway.listen(port, '127.0.0.1');
      await Promise.all([...children.values()].map((child) => child.untilReady()));
      return new Stack(folder, url, settings, children, engines, gateway);
    } catch (error) {
      await stopAll(gateway, children, engines);
      throw error;
    }
  }

  child(name: string): Child {
    const child = this.children.get(name);
    if (!child) throw new Error(`There is no ${name}; there are ${[...this.children.keys()].join(', ')}.`);
    return child;
  }

  /** Of the system itself: what has state is an engine. */
  processes(): readonly Child[] {
    return [...this.children.values()].filter(({ recipe }) => recipe.readyUrl !== undefined);
  }

  /** Processes first, so that they finish what they have begun, then the engines. */
  async stop(): Promise<void> {
    await stopAll(this.gateway, this.children, this.engines);
  }
}

const stopAll = async (
  gateway: Gateway | undefined,
  children: ReadonlyMap<string, Child>,
  engines: ReadonlyMap<EngineName, Engine>,
): Promise<void> => {
  const [engineLike, processes] = [
    [...children.values()].filter(({ recipe }) => recipe.readyUrl === undefined),
    [...children.values()].filter(({ recipe }) => recipe.readyUrl !== undefined),
  ];
  await Promise.all(processes.map((child) => child.end()));
  await gateway?.close();
  await Promise.all(engineLike.map((child) => child.end()));
  await Promise.all([...engines.values()].map((engine) => engine.stop()));
};

const UP_MAX_MS = 30_000;

/** Until something takes connections there. */
const listens = async (child: Child, port: number): Promise<void> => {
  for (const from = Date.now(); Date.now() - from < UP_MAX_MS;) {
    const socket = connect(port, '127.0.0.1');
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (up) return;
    await sleep(50);
  }
  throw new Error(`${child.name} does not listen; see ${child.recipe.logFile}.`);
};

const freePorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
};

const databaseOf = (url: string, database: string): string => {
  const [server, query] = url.split('?');
  return `${server!.replace(/\/$/, '')}/${database}${query === undefined ? '' : `?${query}`}`;
};

/** The folder of package.json: here in the sources, one further up in dist/. */
const rootFolder = (): string => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
};

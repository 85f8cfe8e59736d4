import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v5 as uuidv5 } from 'uuid';
import { HospitalCommand } from '../../application/organisations.js';
import { PractitionerCommand } from '../../application/practitioners.js';
import type { Caller } from '../../application/kernel/transact.js';
import type { Configuration } from '../../infrastructure/config.js';
import type { RoleGrant } from '../../infrastructure/http/policy.js';
import type { Clock } from '../../application/kernel/ports.js';
import { createPasswords } from '../../infrastructure/identity/passwords.js';
import { openSystem, type System, type SystemOptions } from '../../system.js';

const IDS = '0d5d9a0e-6a0b-4a58-9f5e-0a3f6b1b7c11';
/** The same name is the same id. */
export const idOf = (name: string): string => uuidv5(name, IDS);

export const PASSWORD = 'a long enough password';

/** What came back: the status, the parsed body and the headers. */
export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into bodies of every shape
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Somebody logged in: sends requests with a token. */
export interface Person {
  readonly id: string;
  readonly token: string;
  post(path: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
}

/** The whole embedded system on a temporary folder, spoken to as clients do. */
export class Embedded {
  private constructor(
    readonly system: System,
    readonly folder: string,
  ) {}

  static async open(
    clock?: Clock,
    folder = mkdtempSync(join(tmpdir(), 'healthstack-')),
    {
      configuration,
      ...instead
    }: Pick<SystemOptions, 'mailer' | 'gateway' | 'telemetry'> & {
      readonly configuration?: Partial<Configuration>;
    } = {},
  ): Promise<Embedded> {
    const system = await openSystem({
      configuration: {
        PORT: 0,
        HOST: '127.0.0.1',
        DATA_DIR: folder,
        PUBLIC_URL: 'http://127.0.0.1',
        MAIL_FROM: 'HealthStack <no-reply@healthstack.example>',
        LOG_LEVEL: 'silent',
        ...configuration,
      },
      software: 'test',
      ...(clock && { clock }),
      ...instead,
    });
    return new Embedded(system, folder);
  }

  /** Closes and leaves the folder. */
  async stop(): Promise<void> {
    await this.system.close();
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async request(
    method: 'GET' | 'POST',
    path: string,
    options: { body?: object; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const answer = await this.system.app.inject({
      method,
      url: path.startsWith('/') ? path : `/api/v1/${path}`,
      ...(options.body && { payload: options.body }),
      headers: options.headers ?? {},
    });
    const json = /json/.test(String(answer.headers['content-type']));
    return {
      status: answer.statusCode,
      body: json && answer.payload ? answer.json() : answer.payload,
      headers: answer.headers,
    };
  }

  /** An account with these roles, logged in. Appointed by the system, as an importer or a migration would. */
  async person(name: string, ...roles: RoleGrant[]): Promise<Person> {
    const id = idOf(name);
    const login = `${name}@healthstack.example`;
    await this.system.doors.admit(
      { accountId: id, login, email: login, name, roles: [...roles], passwordHash: await passwordHash() },
      this.caller(`admit ${name}`),
    );
    const { body } = await this.request('POST', 'sessions', { body: { login, password: PASSWORD } });
    return this.as(id, (body as { accessToken: string }).accessToken);
  }

  as(id: string, token: string): Person {
    const headers = { authorization: `Bearer ${token}` };
    return {
      id,
      token,
      post: (path, body = {}, more = {}) => this.request('POST', path, { body, headers: { ...headers, ...more } }),
      get: (path, more = {}) => this.request('GET', path, { headers: { ...headers, ...more } }),
    };
  }

  /** A caller that is the system itself. */
  caller(what: string): Caller {
    const commandId = idOf(`command ${what}`);
    return {
      actor: { id: 'test', role: 'system' },
      commandId,
      correlationId: commandId,
      causationId: commandId,
      purpose: 'HOPERAT',
    };
  }

  /** A hospital in Dhaka with one department. */
  async hospital(name: string): Promise<string> {
    const id = idOf(name);
    const send = (message: HospitalCommand['envelope']['message']) =>
      this.system.bus.execute(new HospitalCommand({ id, message, caller: this.caller(`${name} ${message.type}`) }));
    await send({
      type: 'RegisterHospital',
      data: { name, type: 'private', address: 'Road 1, Dhaka', timeZone: 'Asia/Dhaka', currency: 'BDT' },
    });
    await send({ type: 'AddDepartment', data: { departmentId: idOf(`${name} cardiology`), name: 'Cardiology' } });
    await send({ type: 'AddSpecialisation', data: { specialisationId: idOf(`${name} heart`), name: 'Heart' } });
    return id;
  }

  /** A doctor who sees patients at a hospital every day from 9 to 17 in quarters of an hour. */
  async doctor(name: string, hospitalName: string): Promise<Person> {
    const doctor = await this.person(name, { role: 'doctor' });
    const hospitalId = idOf(hospitalName);
    const send = (message: PractitionerCommand['envelope']['message']) =>
      this.system.bus.execute(
        new PractitionerCommand({ id: doctor.id, message, caller: this.caller(`${name} ${message.type}`) }),
      );
    const all = [{ from: '09:00', to: '17:00' }];
    await send({ type: 'BeginProfile', data: { name } });
    await send({
      type: 'RequestRegistration',
      data: {
        hospitalId,
        departmentId: idOf(`${hospitalName} cardiology`),
        specialisationId: idOf(`${hospitalName} heart`),
      },
    });
    await send({ type: 'AcceptRegistration', data: { hospitalId } });
    await send({
      type: 'SetSchedule',
      data: {
        hospitalId,
        slotMinutes: 15,
        hours: { mon: all, tue: all, wed: all, thu: all, fri: all, sat: all, sun: all },
      },
    });
    await send({
      type: 'SetFees',
      data: { hospitalId, checkUp: { amount: 80_000, currency: 'BDT' }, report: { amount: 30_000, currency: 'BDT' } },
    });
    return doctor;
  }

  /** Waits until everything that happened so far is shown, and what followed from it, and so on. */
  async settled(): Promise<void> {
    await this.system.worker.drain();
    const head = await this.system.ledger.head();
    if (head !== undefined) await this.system.projector.waitFor(head, 10_000);
  }
}

let hashed: Promise<string> | undefined;
/** One hash for all test accounts: hashing is slow on purpose. */
const passwordHash = (): Promise<string> => (hashed ??= createPasswords().hash(PASSWORD));

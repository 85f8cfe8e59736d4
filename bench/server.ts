import { Body, Controller, Get, HttpCode, Post, SetMetadata } from '@nestjs/common';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DoctorDayCommand } from '../application/appointments.js';
import { doctorDayId, newAppointmentId } from '../domain/appointments/doctor-day.js';
import { readConfiguration } from '../infrastructure/config.js';
import { OPERATION } from '../infrastructure/http/door.js';
import { createPasswords } from '../infrastructure/identity/passwords.js';
import { openSystem, type System } from '../system.js';
import { callerOf, hospitalWithDoctors, idOf } from './people.js';

// The embedded system in a process of its own, for the load that `http.ts` sends. It tells its parent where it listens
// and whom it knows, and stops when the parent says so.

/** What the parent is told. */
export interface Ready extends Known {
  readonly url: string;
  /** A visit that is shown. */
  readonly appointmentId: string;
}

interface Known {
  readonly hospitalId: string;
  readonly doctorIds: readonly string[];
  readonly patient: { readonly id: string; readonly token: string };
}

const PASSWORD = 'a password for measurements';

/** The peer of a measurement: the same server and framework, and nothing to do. */
@Controller('nothing')
class NothingController {
  @Post()
  @HttpCode(202)
  @SetMetadata(OPERATION, 'doNothing')
  post(@Body() _body: unknown) {
    return { id: 'nothing', revision: 0, position: '1' };
  }

  @Get()
  @SetMetadata(OPERATION, 'askNothing')
  get() {
    return { id: 'nothing', revision: 0 };
  }
}

const populate = async (system: System): Promise<Known> => {
  const { doors, app } = system;
  const { hospitalId, doctorIds } = await hospitalWithDoctors(system);
  const id = idOf('administrator');
  const login = 'administrator@healthstack.example';
  const passwordHash = await createPasswords().hash(PASSWORD);
  const roles = [{ role: 'hospitalAdministrator' as const, hospitalId }, { role: 'patient' as const }];
  await doors.admit(
    { accountId: id, login, email: login, name: 'An administrator', roles, passwordHash },
    callerOf('admit'),
  );
  const session = await app.inject({ method: 'POST', url: '/api/v1/sessions', payload: { login, password: PASSWORD } });
  const { accessToken } = session.json<{ accessToken: string }>();
  return { hospitalId, doctorIds, patient: { id, token: accessToken } };
};

/** One visit that can be read. */
const book = async ({ bus, ledger, projector }: System, { hospitalId, doctorIds, patient }: Known): Promise<string> => {
  const id = doctorDayId(doctorIds[0]!, '2089-12-31');
  const caller = callerOf('a visit');
  await bus.execute(
    new DoctorDayCommand({
      id,
      message: {
        type: 'RequestAppointment',
        data: {
          hospitalId,
          start: '2089-12-31T03:00:00.000Z',
          type: 'checkUp',
          patientId: patient.id,
          message: 'Cough',
        },
      },
      caller,
    }),
  );
  await projector.waitFor((await ledger.head())!, 10_000);
  return newAppointmentId(id, caller.commandId);
};

const folder = mkdtempSync(join(tmpdir(), 'healthstack-bench-'));
const open = (live: boolean) =>
  openSystem({
    configuration: readConfiguration({ PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'error' }),
    software: 'bench',
    mailer: { send: () => Promise.resolve() },
    withWorker: live,
    withProjector: live,
    more: { controllers: [NothingController], policy: { doNothing: { anyone: 'any' }, askNothing: { anyone: 'any' } } },
  });

// Filled by a whole system; then measured as it was filled, or with what follows the ledger at rest.
let system = await open(true);
const known = await populate(system);
const appointmentId = await book(system, known);
if (!process.argv.includes('--live')) {
  await system.close();
  system = await open(false);
}
await system.app.listen(0, '127.0.0.1');
process.send!({ url: await system.app.getUrl(), appointmentId, ...known } satisfies Ready);

process.once('message', () => {
  void system.close().finally(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});

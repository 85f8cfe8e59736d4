// The built application as people get it: starts on an empty data folder with its demo data, answers a booking made with
// the logins it prints, and stops on Ctrl-C. Fails with what went wrong and what the application printed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MAX_MS = 60_000;
const PRINTED_MAX_MS = 5_000;
const STOP_MAX_MS = 2_000;

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

const check = (holds, what) => {
  if (!holds) throw new Error(what);
};

const folder = mkdtempSync(join(tmpdir(), 'healthstack-'));
const port = await freePort();
const base = `http://127.0.0.1:${port}/api`;
const application = spawn(process.execPath, ['dist/main.js'], {
  env: { ...process.env, PORT: String(port), DATA_DIR: folder },
  stdio: ['ignore', 'pipe', 'pipe'],
});
let printed = '';
for (const stream of [application.stdout, application.stderr]) stream.on('data', (text) => (printed += text));
const ended = once(application, 'exit');

const call = async (method, path, { token, body } = {}) => {
  const answer = await fetch(`${base}/v1${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
};

const must = async (method, path, options) => {
  const { status, body } = await call(method, path, options);
  check(status < 300, `${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body;
};

/** What `probe` finds, once it finds something; the application has to live until then. */
const until = async (what, maxMs, probe) => {
  for (const from = Date.now(); Date.now() - from < maxMs; await sleep(50)) {
    check(application.exitCode === null, `The application ended with ${application.exitCode} before ${what}.`);
    const found = await probe();
    if (found) return found;
  }
  throw new Error(`Not within ${maxMs} ms: ${what}.`);
};

const isReady = () =>
  fetch(`${base}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Logs in with what the application printed for a role. */
const logIn = async (role) => {
  const line = new RegExp(`^\\s*${role}\\b.*?(\\S+@\\S+)\\s+(\\S+)\\s*$`, 'mi');
  const [, login, password] = await until(`a login of a ${role} was printed`, PRINTED_MAX_MS, () => line.exec(printed));
  const { accessToken: token } = await must('POST', '/sessions', { body: { login, password } });
  const { accountId } = await must('GET', '/me', { token });
  return { token, accountId };
};

/** The first slots of the doctor's hours on the next four weeks' days, as moments. */
function* slots({ schedules }) {
  const [[hospitalId, { hours }]] = Object.entries(schedules);
  for (let ahead = 1; ahead <= 28; ahead++) {
    const date = new Date(Date.now() + ahead * 86_400_000);
    const weekday = date.toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' }).toLowerCase();
    const day = date.toISOString().slice(0, 10);
    for (const { from } of hours[weekday] ?? []) yield { hospitalId, day, start: `${day}T${from}:00+06:00` };
  }
}

const book = async (patient, doctor) => {
  const profile = await must('GET', `/doctors/${doctor.accountId}`);
  for (const slot of slots(profile)) {
    const body = { doctorId: doctor.accountId, type: 'checkUp', ...slot };
    const { status, body: accepted } = await call('POST', '/appointments', { token: patient.token, body });
    if (status === 202) return { ...accepted, start: new Date(slot.start).toISOString() };
    check(status === 409, `Booking answered ${status}: ${JSON.stringify(accepted)}`);
  }
  throw new Error('No slot was free in four weeks.');
};

try {
  const began = Date.now();
  await until('it was ready', READY_MAX_MS, isReady);
  console.log(`Ready after ${Date.now() - began} ms.`);
  const patient = await logIn('patient');
  const doctor = await logIn('doctor');
  const { id, start } = await book(patient, doctor);
  const confirmed = await must('POST', `/appointments/${id}/confirm`, { token: doctor.token });
  const seen = await must('GET', `/appointments/${id}?minPosition=${confirmed.position}`, { token: patient.token });
  check(seen.status === 'confirmed', `The patient reads ${JSON.stringify(seen)}.`);
  check(seen.start === start && seen.patientId === patient.accountId, `Not what was booked: ${JSON.stringify(seen)}.`);
  console.log(`Booked, confirmed by the doctor, read by the patient: ${seen.start}.`);

  const from = Date.now();
  application.kill('SIGINT');
  const late = sleep(STOP_MAX_MS, 'late', { ref: false });
  const [code] = (await Promise.race([ended, late.then(() => ['late'])])) ?? [];
  check(code === 0, code === 'late' ? `Did not stop within ${STOP_MAX_MS} ms.` : `Stopped with exit code ${code}.`);
  console.log(`Stopped in ${Date.now() - from} ms.`);
} catch (error) {
  console.error(`${error.message}\n\nThe application printed:\n${printed}`);
  process.exitCode = 1;
} finally {
  if (application.exitCode === null) {
    application.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

import type { ModuleMetadata, Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyPluginCallback } from 'fastify';
import type { Clock } from '../application/kernel/ports.js';
import { AccessLog } from '../infrastructure/http/access-log.js';
import { createApplication } from '../infrastructure/http/application.js';
import { HEALTH, HealthController, healthPolicy } from '../infrastructure/http/health.controller.js';
import type { PolicyTable, Relations } from '../infrastructure/http/policy.js';
import { createTokenIssuer, createTokenVerifier, type Issuer } from '../infrastructure/identity/tokens.js';
import { observeCommands, observeRequests } from '../infrastructure/telemetry/instruments.js';
import { hospitalPeople } from '../projections/access/hospital-people.js';
import { type MyPatient, myPatients, treats } from '../projections/appointments/my-patients.js';
import type { ReadModels } from '../projections/kernel/read-models.js';
import { type RegistrationRequest, registrations } from '../projections/practitioners/registrations.js';
import type { Ground } from './ground.js';
import { type Checks, healthOf } from './health.js';

/** What a process offers over HTTP, and what its controllers ask for. */
export interface Offered {
  readonly controllers: readonly Type[];
  readonly providers: NonNullable<ModuleMetadata['providers']>;
  readonly policy: PolicyTable;
}

export interface ApiOptions {
  readonly offered: readonly Offered[];
  readonly checks: Checks;
  /** The payment simulator's, where there is one. */
  readonly pages?: FastifyPluginCallback | undefined;
}

const ISSUER = 'https://healthstack.example';
const AUDIENCE = 'healthstack';

/** One HTTP application of what is offered, behind one door, with the health of the process. */
export const openApi = async (
  ground: Ground,
  { offered, checks, pages }: ApiOptions,
): Promise<NestFastifyApplication> => {
  const { ledger, readModels, clock, software, log, telemetry, configuration } = ground;
  const app = await createApplication({
    controllers: [HealthController, ...offered.flatMap(({ controllers }) => controllers)],
    providers: [
      ...offered.flatMap(({ providers }) => providers),
      { provide: HEALTH, useValue: healthOf(ground, checks) },
    ],
    door: {
      verify: createTokenVerifier(trust(ground)),
      policy: Object.assign({}, healthPolicy, ...offered.map(({ policy }) => policy)) as PolicyTable,
      relations: relationsIn(readModels, clock),
    },
    accessLog: new AccessLog({ ledger, clock, software }),
    faultLog: { fault: (what) => log.error(what, 'fault') },
    software,
    trustedProxies: configuration.TRUSTED_PROXIES,
    extend: (fastify) => {
      if (telemetry) observeRequests(fastify, telemetry);
      if (pages) void fastify.register(pages, { prefix: '/gateway' });
    },
  });
  if (telemetry) observeCommands(app.get(CommandBus), telemetry);
  return app;
};

/** Signs the access tokens that every process of this vault verifies. */
export const tokensOf = (ground: Ground): Issuer => createTokenIssuer(trust(ground));

const trust = ({ vault, clock }: Ground) => ({
  vault,
  issuer: ISSUER,
  audience: AUDIENCE,
  now: () => Date.parse(clock.now()),
});

/** The relations that the policy asks for, as the read models know them. */
const relationsIn = (readModels: ReadModels, clock: Clock): Relations => ({
  related: async (doctorId, patientId) =>
    treats((await (await readModels.open<MyPatient>(myPatients)).get(`${doctorId}_${patientId}`))?.doc, clock.now()),
  // A patient with a visit there; a doctor who works there or asks to.
  knownTo: async (hospitalId, personId) => {
    const key = `${hospitalId}_${personId}`;
    if (await (await readModels.open(hospitalPeople)).get(key)) return true;
    const registration = await (await readModels.open<RegistrationRequest>(registrations)).get(key);
    return registration !== undefined && registration.doc.status !== 'rejected';
  },
});

import type { Embedded } from '../../kernel/embedded.js';
import type { Actor } from './expected.js';
import { type Objects, requests, type Sent } from './requests.js';

/** Somebody who asks: with a token, or without. */
export type Asking = { readonly id?: string; readonly name: string; readonly token?: string };

export interface World {
  readonly embedded: Embedded;
  readonly who: Readonly<Record<Actor, Asking>>;
  /** Green's: of the patient whom the doctor treats. */
  readonly objects: Objects;
  /** The same kinds of things of others: where whoever is kept out above is at home. */
  readonly colleague: Objects;
  readonly blue: Objects;
  /** Another session of the patient's, and a token of the patient's that has expired. */
  readonly sessionId: string;
  readonly lapsed: string;
  /** A token of a session of its own, by a name. */
  readonly logInAs: (name: string) => Promise<string>;
  /** What nobody learns who has nothing to do with the patient: ids, the name, what was written. */
  readonly secrets: readonly string[];
}

/** One thing that can be asked of the system. */
export interface Operation {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** What its address looks like. */
  readonly address: RegExp;
}

/** All that the system says it can be asked. */
export const operationsOf = async ({ embedded }: World): Promise<readonly Operation[]> => {
  const { body } = await embedded.request('GET', '/api/openapi.json');
  const paths = Object.entries(body.paths as Record<string, Record<string, { operationId: string }>>);
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      name: operationId,
      method: method.toUpperCase() as 'GET' | 'POST',
      address: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
    })),
  );
};

const NAMES: Partial<Record<Actor, string>> = { patient: 'Zubaida', patientOfBlue: 'Quasem' };
export const nameOf = (actor: Actor): string => NAMES[actor] ?? actor;

/** A request as it is, with a token where there is one. */
export const deliver = (
  { system }: Embedded,
  method: 'GET' | 'POST',
  { at, body, headers, form, file }: Sent,
  token?: string,
  correlation?: string,
) =>
  system.app.inject({
    method,
    url: at.startsWith('/') ? at : `/api/v1/${at}`,
    headers: {
      ...headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(correlation !== undefined && { 'x-correlation-id': correlation }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(file && { 'content-type': 'multipart/form-data; boundary=matrix' }),
    },
    ...(body && { payload: body }),
    ...(form && { payload: new URLSearchParams(form).toString() }),
    ...(file && {
      payload: Buffer.concat([
        Buffer.from('--matrix\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'),
        file,
        Buffer.from('\r\n--matrix--\r\n'),
      ]),
    }),
  });

export type Delivered = Awaited<ReturnType<typeof deliver>>;

/** What an actor sends for an operation, about these objects. */
export const sentBy = ({ sessionId }: World, { name }: Operation, actor: Actor, objects: Objects): Sent =>
  requests(objects, { actor, name: nameOf(actor), sessionId })[name] ?? { at: '' };

/** Sends it. `mark` tells one round of questions from another in the ledger. */
export const ask = (
  world: World,
  operation: Operation,
  actor: Actor,
  objects = world.objects,
  { token = world.who[actor].token, mark = 'asks' } = {},
): Promise<Delivered> => {
  const sent = sentBy(world, operation, actor, objects);
  return deliver(world.embedded, operation.method, sent, token, `${operation.name}.${actor}.${mark}`);
};

/** All of it, in parts, so that not everything waits in one queue. */
export const inParts = async <T, R>(all: readonly T[], each: (one: T) => Promise<R>): Promise<R[]> => {
  const done: R[] = [];
  for (let i = 0; i < all.length; i += 200) done.push(...(await Promise.all(all.slice(i, i + 200).map(each))));
  return done;
};

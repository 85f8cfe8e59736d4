import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Person } from '../kernel/embedded.js';

/** A system that runs in processes of its own, spoken to over real HTTP. */
export abstract class Subject {
  /** Its address. */
  abstract get url(): string;
  /** Where it writes mails. */
  abstract get folder(): string;
  /** The secret of the first administrator's invitation. */
  abstract invitation(): Promise<string>;
  /** All that its processes printed. */
  abstract get printed(): string;
  abstract stop(): Promise<void>;
  /** Stops it and removes what it leaves behind. */
  abstract remove(): Promise<void>;
  /** Waits until everything that happened so far is shown, and what followed from it, and so on. */
  abstract settled(): Promise<void>;

  /** Rejects when there is no answer: then nobody knows whether it was done. */
  async request(
    method: 'GET' | 'POST',
    path: string,
    { body, headers = {} }: { readonly body?: object; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const url = path.startsWith('http') ? path : `${this.url}${path.startsWith('/') ? path : `/api/v1/${path}`}`;
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json = /json/.test(answer.headers.get('content-type') ?? '') && text !== '';
    return { status: answer.status, body: json ? JSON.parse(text) : text, headers: Object.fromEntries(answer.headers) };
  }

  /** Posts as the form of a page does. */
  async submit(url: string, fields: Record<string, string>): Promise<Answer> {
    const answer = await fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) });
    return { status: answer.status, body: await answer.text(), headers: Object.fromEntries(answer.headers) };
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

  async logIn(login: string, password: string): Promise<Person> {
    const { body } = await this.request('POST', 'sessions', { body: { login, password } });
    return this.as(body.accountId as string, body.accessToken as string);
  }
}

/** What `find` gives, once it gives something; asked again and again, for so long at most. */
export const until = async <T>(what: string, find: () => Promise<T | undefined>, maxMs = 10_000): Promise<T> => {
  for (const from = Date.now(); Date.now() - from < maxMs; await sleep(20)) {
    const found = await find();
    if (found !== undefined) return found;
  }
  throw new Error(`Not within ${maxMs} ms: ${what}.`);
};

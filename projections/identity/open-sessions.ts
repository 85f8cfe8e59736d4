import { events } from '../../domain/identity/account.js';
import { projection } from '../kernel/projection.js';

/** Where an account is logged in. One that has expired stays in the list until the next log-in. */
export interface OpenSessions {
  readonly accountId: string;
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly method: 'password' | 'serviceToken';
    readonly device?: string;
    readonly startedAt: string;
    readonly expiresAt: string;
  }[];
}

const keeping = (
  doc: OpenSessions | undefined,
  stays: (session: OpenSessions['sessions'][number]) => boolean,
): OpenSessions | null => (doc ? { ...doc, sessions: doc.sessions.filter(stays) } : null);

const { LoggedIn, SessionEnded, SessionsRevoked } = events;

export const openSessions = projection<OpenSessions>()({
  name: 'openSessions',
  version: 1,
  from: { LoggedIn, SessionEnded, SessionsRevoked },
  key: ({ data }) => data.accountId,
  indexes: {},
  parties: ({ accountId }) => ({ accountId }),
  phi: false,
  on: {
    LoggedIn: (doc, { data: { accountId, at: startedAt, ...session } }) => ({
      accountId,
      sessions: [...(doc?.sessions ?? []).filter(({ expiresAt }) => expiresAt > startedAt), { ...session, startedAt }],
    }),
    SessionEnded: (doc, { data: { sessionId } }) => keeping(doc, (session) => session.sessionId !== sessionId),
    SessionsRevoked: (doc, { data: { except } }) => keeping(doc, ({ sessionId }) => sessionId === except),
  },
});

/** A key that signs access tokens (ES256). The newest one signs; older ones verify until their tokens have expired. */
export interface SigningKey {
  readonly kid: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface Credential {
  readonly accountId: string;
  readonly login: string;
  /** A PHC string, or what another system left; null for an account that cannot log in with a password. */
  readonly passwordHash: string | null;
}

/** Whether what a session was given is still good. */
export interface Standing {
  readonly accountId: string;
  /** Rises when the account's roles change: a token of an older generation is refused. */
  readonly generation: number;
}

export interface NewSession {
  readonly sessionId: string;
  readonly generation: number;
  /** Missing for a session that cannot be refreshed. */
  readonly refreshToken?: string;
}

export type Rotation =
  | {
      readonly outcome: 'rotated';
      readonly accountId: string;
      readonly sessionId: string;
      readonly generation: number;
      readonly refreshToken: string;
      readonly expiresAt: number;
    }
  /** A token that was used before came again: the session has been ended. Reported once. */
  | { readonly outcome: 'reused'; readonly accountId: string; readonly sessionId: string }
  /** Never issued, expired, or of a session that has ended. */
  | { readonly outcome: 'refused' };

/** What a one-time token is for. */
export type Purpose = 'passwordReset' | 'invitation' | 'firstAdministrator';

/**
 * What must be kept but never enters the ledger: keys, password hashes, refresh and one-time tokens. Tokens are kept
 * as digests only. Times are milliseconds since 1970. Every write is durable when its promise resolves.
 */
export interface Vault {
  /** The newest first. */
  signingKeys(): Promise<readonly SigningKey[]>;
  addSigningKey(key: SigningKey): Promise<void>;

  /**
   * Takes a login for an account, atomically: of two at once one wins. False when it is taken by another account or
   * the account has another login; true when this account holds it already (the hash stays as it is). Capitals do
   * not make a new login, unless `twin` admits one that another system has told apart by capitals.
   */
  reserve(credential: Credential & { readonly now: number; readonly twin?: boolean }): Promise<boolean>;
  /** Gives a login back that was taken before then for an account that was never opened. */
  release(accountId: string, takenBefore: number): Promise<boolean>;
  /** By the login as written, or by the only one that differs in capitals. */
  credential(login: string): Promise<Credential | undefined>;
  credentialOf(accountId: string): Promise<Credential | undefined>;
  /** Compare and set, so that of two changes at once one is refused. */
  replacePassword(accountId: string, from: string | null, to: string): Promise<boolean>;

  /** Begins a session of an account that has a credential; refreshable unless told otherwise. */
  openSession(session: {
    readonly accountId: string;
    readonly now: number;
    readonly expiresAt: number;
    readonly refreshable?: boolean;
  }): Promise<NewSession>;
  /**
   * A used refresh token becomes its successor. The same token within `graceMs` of its first use gives the same
   * successor again, unless that one has been used: so an honest client that asked twice goes on.
   */
  rotate(refreshToken: string, now: number, graceMs: number): Promise<Rotation>;
  /** Undefined when the session has ended, expired, or never was. */
  standing(sessionId: string, now: number): Promise<Standing | undefined>;
  endSession(sessionId: string): Promise<void>;
  endSessions(accountId: string, except?: string): Promise<void>;
  /** Access tokens issued before are refused; sessions go on and get new ones. */
  renewAccess(accountId: string): Promise<void>;

  /** Calls back at once for every account whose sessions ended or whose access was renewed through this object. */
  onChange(listener: (accountId: string) => void): () => void;
  /** The same from all processes, since a mark that an earlier call gave; `all` when that is too long ago to tell. */
  changes(since: number): Promise<{ readonly mark: number; readonly accountIds: readonly string[] | 'all' }>;

  /**
   * A one-time token. Earlier ones of the same purpose and subject stop to work; the same `nonce` gives the same token
   * again, so that a mail sent twice holds one secret.
   */
  issueOnce(token: {
    readonly purpose: Purpose;
    readonly subject: string;
    readonly nonce: string;
    readonly expiresAt: number;
  }): Promise<string>;
  /** The subject, without using the token up. */
  peekOnce(purpose: Purpose, token: string, now: number): Promise<string | undefined>;
  /** The subject, once: to the first claimant, and to the same one again when it repeats itself. */
  redeemOnce(purpose: Purpose, token: string, claimant: string, now: number): Promise<string | undefined>;

  /** 32 random bytes under a name, made at the first call and the same ever after. */
  secret(name: string): Promise<Buffer>;
  close(): Promise<void>;
}

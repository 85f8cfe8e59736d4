import { LRUCache } from 'lru-cache';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import {
  type GatewayAnswer,
  GatewayRefused,
  type PaymentGateway,
  type SessionRequest,
} from '../../application/kernel/gateway.js';
import type { Money } from '../../domain/kernel/types.js';
import { decimalOf, type Form, readCallback, signed } from './forms.js';

/** What the payer does on the gateway's page. */
export const OUTCOMES = ['pay', 'payRisky', 'fail', 'cancel'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What goes wrong on purpose; changed between two steps of a test. */
export interface Faults {
  /** Changes a form after it was signed. */
  tamper?: (form: Form) => Form;
  /** How often a notification is delivered; 0 loses it. */
  notifications?: number;
  /** Keeps notifications until `deliverLate`. */
  late?: boolean;
  /** What it confirms to have taken instead of what was asked for. */
  charge?: (total: Money) => Money;
  /** How refunds end. */
  refunds?: 'refunded' | 'processing' | 'failed';
}

export interface SimulatorOptions {
  readonly storeId: string;
  readonly storePassword: string;
  /** Where its pages are: `http://127.0.0.1:3000/gateway`. */
  readonly pagesUrl: string;
  /** Where sessions are kept over a restart, as lines of JSON; in memory only without it. */
  readonly file?: string;
  readonly faults?: Faults;
  /** Posts a notification; by HTTP unless told otherwise. */
  readonly deliver?: (url: string, form: Form) => Promise<void>;
}

/** One visit of a payer to the gateway. */
export interface HostedSession extends Pick<
  SessionRequest,
  'transactionId' | 'total' | 'returnUrl' | 'notifyUrl' | 'product'
> {
  readonly key: string;
  readonly status: 'open' | 'VALID' | 'FAILED' | 'CANCELLED';
  readonly validationId?: string;
  readonly bankTransactionId?: string;
  readonly charged?: Money;
  readonly risk?: 'low' | 'high';
  readonly at?: string;
}

interface HostedRefund {
  readonly id: string;
  readonly bankTransactionId: string;
  readonly total: Money;
  readonly key: string;
  readonly cancelled?: boolean;
}

const SESSIONS_MAX = 20_000;
const CARD = { type: 'VISA-Simulated', brand: 'VISA', issuer: 'Simulated Bank', masked: '411111XXXXXX1111' };

/**
 * A payment gateway that takes no money. It speaks our port itself, for whoever runs in its process; its pages and its
 * wire format, the same as SSLCommerz's, are in `simulator-pages.ts`.
 */
export class GatewaySimulator implements PaymentGateway {
  readonly faults: Faults;
  private readonly sessions = new LRUCache<string, HostedSession>({ max: SESSIONS_MAX });
  private readonly byTransaction = new LRUCache<string, string>({ max: SESSIONS_MAX });
  private readonly byValidation = new LRUCache<string, string>({ max: SESSIONS_MAX });
  private readonly byBankTransaction = new LRUCache<string, string>({ max: SESSIONS_MAX });
  private readonly refunds = new LRUCache<string, HostedRefund>({ max: SESSIONS_MAX });
  private readonly held: { readonly url: string; readonly form: Form }[] = [];

  constructor(private readonly options: SimulatorOptions) {
    this.faults = options.faults ?? {};
    if (options.file !== undefined && existsSync(options.file))
      for (const line of readFileSync(options.file, 'utf8').split('\n')) this.recall(line);
  }

  async openSession({ transactionId, total, returnUrl, notifyUrl, product }: SessionRequest) {
    if (total.amount <= 0) throw new GatewayRefused('nothing to pay');
    const key = newId().toUpperCase();
    this.keep({ key, transactionId, total, returnUrl, notifyUrl, product, status: 'open' });
    return { sessionKey: key, pageUrl: `${this.options.pagesUrl}/pay/${key}` };
  }

  readCallback(form: Readonly<Record<string, unknown>>) {
    return readCallback(form, this.options.storePassword);
  }

  async validate(validationId: string): Promise<GatewayAnswer> {
    return answerOf(this.sessions.get(this.byValidation.get(validationId) ?? ''));
  }

  async query(transactionId: string): Promise<GatewayAnswer> {
    return answerOf(this.ofTransaction(transactionId));
  }

  async refund({ bankTransactionId, refundId, total }: Parameters<PaymentGateway['refund']>[0]) {
    const session = this.sessions.get(this.byBankTransaction.get(bankTransactionId) ?? '');
    const known = this.refunds.get(refundId);
    if (known) return { gatewayRefundId: known.id };
    if (!session?.charged || session.charged.currency !== total.currency) throw new GatewayRefused('no such payment');
    const before = [...this.refunds.values()]
      .filter((refund) => refund.bankTransactionId === bankTransactionId && !refund.cancelled)
      .reduce((sum, refund) => sum + refund.total.amount, 0);
    if (before + total.amount > session.charged.amount) throw new GatewayRefused('more than was paid');
    const refund = { id: newId(), bankTransactionId, total, key: refundId };
    this.keepRefund(refund);
    return { gatewayRefundId: refund.id };
  }

  async queryRefund(gatewayRefundId: string) {
    const known = [...this.refunds.values()].find(({ id }) => id === gatewayRefundId);
    if (!known || known.cancelled) return 'failed';
    const status = this.faults.refunds ?? 'refunded';
    if (status === 'failed') this.keepRefund({ ...known, cancelled: true });
    return status;
  }

  session(key: string): HostedSession | undefined {
    return this.sessions.get(key);
  }

  ofTransaction(transactionId: string): HostedSession | undefined {
    return this.sessions.get(this.byTransaction.get(transactionId) ?? '');
  }

  /** What the payer decides; the notification goes out, and the form for the browser is given back. */
  async decide(
    key: string,
    outcome: Outcome,
  ): Promise<{ readonly returnUrl: string; readonly form: Form } | undefined> {
    const session = this.sessions.get(key);
    if (!session) return undefined;
    const decided = session.status === 'VALID' ? session : { ...session, ...this.outcomeOf(session, outcome) };
    if (decided !== session) this.keep(decided);
    const { faults } = this;
    const form = (faults.tamper ?? ((same: Form) => same))(this.formOf(decided));
    const { notifyUrl: url, returnUrl } = decided;
    if (faults.late) this.held.push({ url, form });
    else for (let n = 0; n < (faults.notifications ?? 1); n++) await this.deliver(url, form);
    return { returnUrl, form };
  }

  /** Sends the notifications that were kept back. */
  async deliverLate(): Promise<void> {
    for (const { url, form } of this.held.splice(0)) await this.deliver(url, form);
  }

  private outcomeOf({ total }: HostedSession, outcome: Outcome): Partial<HostedSession> {
    const at = new Date().toISOString();
    if (outcome === 'fail' || outcome === 'cancel') return { status: outcome === 'fail' ? 'FAILED' : 'CANCELLED', at };
    const charged = this.faults.charge?.(total) ?? total;
    const risk = outcome === 'payRisky' ? 'high' : 'low';
    return { status: 'VALID', at, charged, risk, validationId: newId(), bankTransactionId: newId() };
  }

  private formOf(session: HostedSession): Form {
    const { transactionId, status, total, charged = total, validationId, bankTransactionId, risk, at = '' } = session;
    const form = {
      tran_id: transactionId,
      status,
      amount: decimalOf(charged),
      currency: charged.currency,
      currency_type: charged.currency,
      currency_amount: decimalOf(charged),
      tran_date: at.slice(0, 19).replace('T', ' '),
      store_id: this.options.storeId,
      ...(validationId !== undefined && {
        val_id: validationId,
        bank_tran_id: bankTransactionId!,
        card_type: CARD.type,
        card_brand: CARD.brand,
        card_issuer: CARD.issuer,
        card_no: CARD.masked,
        risk_level: risk === 'high' ? '1' : '0',
        risk_title: risk === 'high' ? 'Risky' : 'Safe',
      }),
    };
    return signed(form, this.options.storePassword);
  }

  private async deliver(url: string, form: Form): Promise<void> {
    const { deliver = postForm } = this.options;
    // Like the real one it does not insist; whoever missed it asks.
    await deliver(url, form).catch(() => undefined);
  }

  private keep(session: HostedSession): void {
    this.remember({ session });
    this.index(session);
  }

  private index(session: HostedSession): void {
    this.sessions.set(session.key, session);
    this.byTransaction.set(session.transactionId, session.key);
    if (session.validationId !== undefined) this.byValidation.set(session.validationId, session.key);
    if (session.bankTransactionId !== undefined) this.byBankTransaction.set(session.bankTransactionId, session.key);
  }

  private keepRefund(refund: HostedRefund): void {
    this.remember({ refund });
    this.refunds.set(refund.key, refund);
  }

  private remember(entry: { session: HostedSession } | { refund: HostedRefund }): void {
    const { file } = this.options;
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(entry)}\n`);
  }

  private recall(line: string): void {
    try {
      const { session, refund } = JSON.parse(line) as { session?: HostedSession; refund?: HostedRefund };
      if (session) this.index(session);
      if (refund) this.refunds.set(refund.key, refund);
    } catch {
      // The last line of a process that was killed may be half a line.
    }
  }
}

const newId = (): string => randomBytes(12).toString('hex');

const answerOf = (session: HostedSession | undefined): GatewayAnswer => {
  if (!session) return { status: 'unknown' };
  const { transactionId, status, charged, validationId, bankTransactionId, risk } = session;
  if (status === 'open') return { status: 'pending', transactionId };
  if (status !== 'VALID') return { status: 'failed', transactionId };
  return { status: 'valid', transactionId, validationId, bankTransactionId, total: charged, risk, card: CARD };
};

const DELIVERY_MAX_MS = 5_000;

const postForm = async (url: string, form: Form): Promise<void> => {
  const signal = AbortSignal.timeout(DELIVERY_MAX_MS);
  await fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual', signal });
};

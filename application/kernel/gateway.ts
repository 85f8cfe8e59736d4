import type { Money } from '../../domain/kernel/types.js';

/** What the gateway is told when somebody wants to pay. */
export interface SessionRequest {
  /** At most 30 letters and digits; never used twice. */
  readonly transactionId: string;
  readonly total: Money;
  /** Where the payer's browser posts its form to when it comes back, whatever came of it. */
  readonly returnUrl: string;
  /** Where the gateway itself posts the same form to. */
  readonly notifyUrl: string;
  readonly payer: { readonly name: string; readonly email: string; readonly phone: string };
  /** Shown to the payer; tells nothing about anybody's health. */
  readonly product: string;
}

/** A form that came back, read but not believed: what counts is what the gateway answers when asked. */
export interface Callback {
  readonly transactionId: string;
  readonly validationId?: string;
  readonly status: 'valid' | 'failed' | 'cancelled' | 'other';
  /** Whether the signature over the form is right. */
  readonly authentic: boolean;
  /** SHA-256 over the whole form, in hex. */
  readonly digest: string;
}

/** What the gateway says of a payment when asked by us, never by a browser. */
export interface GatewayAnswer {
  /** `unknown`: it knows of no such payment. */
  readonly status: 'valid' | 'validated' | 'pending' | 'failed' | 'unknown';
  readonly transactionId?: string;
  readonly validationId?: string;
  readonly total?: Money;
  readonly bankTransactionId?: string;
  readonly card?: { readonly type: string; readonly brand: string; readonly issuer: string; readonly masked: string };
  readonly risk?: 'low' | 'high';
}

/** A payment gateway. Every call throws GatewayRefused for a definite no, GatewayUnavailable where the outcome is unknown. */
export interface PaymentGateway {
  openSession(request: SessionRequest): Promise<{ readonly sessionKey: string; readonly pageUrl: string }>;
  /** Reads the form of a return or a notification. Throws a Rejection (`invalid`) when it is none. */
  readCallback(form: Readonly<Record<string, unknown>>): Callback;
  validate(validationId: string): Promise<GatewayAnswer>;
  /** Of several tries within a transaction, the one that says most: money before pending before failed. */
  query(transactionId: string): Promise<GatewayAnswer>;
  /** The same refund id is the same refund. It may take days; `queryRefund` tells. */
  refund(request: {
    readonly bankTransactionId: string;
    readonly refundId: string;
    readonly total: Money;
    readonly remarks: string;
  }): Promise<{ readonly gatewayRefundId: string }>;
  queryRefund(gatewayRefundId: string): Promise<'refunded' | 'processing' | 'failed'>;
}

/** The gateway is injected under it where callbacks arrive. */
export const PAYMENT_GATEWAY = Symbol('PaymentGateway');

/** The gateway said no; asking again will not help. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused';
}

/** No answer, or none that can be read: whether it was done is not known. */
export class GatewayUnavailable extends Error {
  override readonly name = 'GatewayUnavailable';
}

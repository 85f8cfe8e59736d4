import type { Money } from '../../domain/kernel/types.js';

/** What the gateway is told when a payment begins. */
export interface SessionRequest {
  readonly transactionId: string;
  readonly total: Money;
  /** Where the payer's browser comes back to; the gateway appends nothing. */
  readonly returnUrl: string;
  readonly notifyUrl: string;
  readonly payer: { readonly name: string; readonly email: string; readonly phone: string };
  readonly product: string;
}

/** What the gateway says of a payment when asked by us, never by a browser. */
export interface Validation {
  readonly status: 'valid' | 'validated' | 'pending' | 'failed' | 'unknown';
  readonly transactionId?: string;
  readonly validationId?: string;
  readonly total?: Money;
  readonly bankTransactionId?: string;
  readonly card?: { readonly type: string; readonly brand: string; readonly issuer: string; readonly masked: string };
  readonly risk?: 'low' | 'high';
}

/** SSLCommerz v4 as we use it: session, validation, transaction query, refund, refund query. */
export interface PaymentGateway {
  openSession(request: SessionRequest): Promise<{ readonly sessionKey: string; readonly pageUrl: string }>;
  /** Checks `verify_sign` over the raw form of a return or a notification, in constant time. */
  isAuthentic(form: Readonly<Record<string, string>>): boolean;
  validate(validationId: string): Promise<Validation>;
  query(transactionId: string): Promise<Validation>;
  refund(request: {
    readonly bankTransactionId: string;
    readonly refundId: string;
    readonly total: Money;
    readonly remarks: string;
  }): Promise<{ readonly gatewayRefundId: string; readonly status: 'success' | 'processing' | 'failed' }>;
  queryRefund(gatewayRefundId: string): Promise<{ readonly status: 'refunded' | 'processing' | 'cancelled' }>;
}

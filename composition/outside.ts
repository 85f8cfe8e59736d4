import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { PaymentGateway } from '../application/kernel/gateway.js';
import type { Mailer } from '../application/kernel/mailer.js';
import type { Configuration } from '../infrastructure/config.js';
import { folderMailer } from '../infrastructure/mail/folder.js';
import { smtpMailer } from '../infrastructure/mail/smtp.js';
import { GatewaySimulator } from '../infrastructure/payments/simulator.js';
import { simulatorPages } from '../infrastructure/payments/simulator-pages.js';
import { sslCommerz } from '../infrastructure/payments/sslcommerz.js';

/** SMTP where it is configured, else a folder of messages. */
export const mailerOf = ({ DATA_DIR, SMTP_URL, MAIL_FROM }: Configuration): Mailer =>
  SMTP_URL === undefined
    ? folderMailer({ folder: join(DATA_DIR, 'mail'), from: MAIL_FROM })
    : smtpMailer({ url: SMTP_URL, from: MAIL_FROM });

/** The configured gateway, or a simulator with its own pages. */
export const gatewayOf = (
  { DATA_DIR, SSLCOMMERZ_URL, SSLCOMMERZ_STORE_ID, SSLCOMMERZ_STORE_PASSWORD }: Configuration,
  publicUrl: string,
): { readonly gateway: PaymentGateway; readonly pages?: ReturnType<typeof simulatorPages> } => {
  if (SSLCOMMERZ_URL !== undefined) {
    const store = { storeId: SSLCOMMERZ_STORE_ID!, storePassword: SSLCOMMERZ_STORE_PASSWORD! };
    return { gateway: sslCommerz({ baseUrl: SSLCOMMERZ_URL, ...store }) };
  }
  const store = { storeId: 'simulated', storePassword: randomUUID() };
  const file = join(DATA_DIR, 'gateway.jsonl');
  const gateway = new GatewaySimulator({ ...store, pagesUrl: `${publicUrl}/gateway`, file });
  return { gateway, pages: simulatorPages(gateway, store) };
};

import { createTransport } from 'nodemailer';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mailer } from '../../application/kernel/mailer.js';
import { messageOf } from './message.js';

/** Writes each mail into a folder as `<id>.eml`, which mail programs open. The same mail twice is one file. */
export const folderMailer = ({ folder, from }: { readonly folder: string; readonly from: string }): Mailer => {
  const composer = createTransport({ streamTransport: true, buffer: true });
  return {
    async send(mail) {
      const { message } = await composer.sendMail(messageOf(mail, from));
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${mail.id}.eml`);
      const half = `${path}.${process.pid}.part`;
      await writeFile(half, message as Buffer, { mode: 0o600 });
      await rename(half, path);
    },
  };
};

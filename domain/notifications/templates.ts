import { type Language, type Template, type Values, type Wording, write } from '../kernel/wording.js';

const template = (en: Wording, bn: Wording, ar: Wording): Template => ({ en, bn, ar });

export const TEMPLATES = {
  appointmentRequested: template(
    {
      subject: 'Your request was received',
      text: `Dear {patient},

we received your request for an appointment with {doctor} at {hospital} on {date} at {time}.
You will hear from us when it is answered.

Appointment: {appointment}`,
    },
    {
      subject: 'আপনার অনুরোধ পাওয়া গেছে',
      text: `প্রিয় {patient},

{hospital}-এ {doctor}-এর সঙ্গে {date} তারিখে {time}-এ অ্যাপয়েন্টমেন্টের জন্য আপনার অনুরোধ আমরা পেয়েছি।
উত্তর পাওয়া গেলে আমরা আপনাকে জানাব।

অ্যাপয়েন্টমেন্ট: {appointment}`,
    },
    {
      subject: 'تم استلام طلبك',
      text: `عزيزنا {patient}،

استلمنا طلبك لموعد مع {doctor} في {hospital} يوم {date} الساعة {time}.
سنخبرك عند الرد عليه.

الموعد: {appointment}`,
    },
  ),
  appointmentAccepted: template(
    {
      subject: 'Your request was accepted',
      text: `Dear {patient},

your appointment with {doctor} at {hospital} is confirmed.

Date: {date}
Time: {time}
Number in the queue: {token}
Patient: {patientSerial}
Appointment: {appointment}
Status: confirmed`,
    },
    {
      subject: 'আপনার অনুরোধ গৃহীত হয়েছে',
      text: `প্রিয় {patient},

{hospital}-এ {doctor}-এর সঙ্গে আপনার অ্যাপয়েন্টমেন্ট নিশ্চিত হয়েছে।

তারিখ: {date}
সময়: {time}
সিরিয়াল নম্বর: {token}
রোগী: {patientSerial}
অ্যাপয়েন্টমেন্ট: {appointment}
অবস্থা: নিশ্চিত`,
    },
    {
      subject: 'تم قبول طلبك',
      text: `عزيزنا {patient}،

تم تأكيد موعدك مع {doctor} في {hospital}.

التاريخ: {date}
الوقت: {time}
الرقم في الدور: {token}
المريض: {patientSerial}
الموعد: {appointment}
الحالة: مؤكد`,
    },
  ),
  appointmentRejected: template(
    {
      subject: 'Your request was not accepted',
      text: `Dear {patient},

{doctor} at {hospital} cannot see you on {date} at {time}. What you paid for it is paid back.
Please choose another time.

Appointment: {appointment}`,
    },
    {
      subject: 'আপনার অনুরোধ গৃহীত হয়নি',
      text: `প্রিয় {patient},

{hospital}-এর {doctor} {date} তারিখে {time}-এ আপনাকে দেখতে পারবেন না। এর জন্য আপনার দেওয়া টাকা ফেরত দেওয়া হবে।
অনুগ্রহ করে অন্য একটি সময় বেছে নিন।

অ্যাপয়েন্টমেন্ট: {appointment}`,
    },
    {
      subject: 'لم يُقبل طلبك',
      text: `عزيزنا {patient}،

لا يستطيع {doctor} في {hospital} استقبالك يوم {date} الساعة {time}. سيُعاد إليك ما دفعته.
يرجى اختيار وقت آخر.

الموعد: {appointment}`,
    },
  ),
  appointmentExpired: template(
    {
      subject: 'Your request was not answered',
      text: `Dear {patient},

your request for an appointment with {doctor} at {hospital} on {date} at {time} was not answered in time, so it has
ended. Please choose another time.

Appointment: {appointment}`,
    },
    {
      subject: 'আপনার অনুরোধের উত্তর পাওয়া যায়নি',
      text: `প্রিয় {patient},

{hospital}-এ {doctor}-এর সঙ্গে {date} তারিখে {time}-এ অ্যাপয়েন্টমেন্টের জন্য আপনার অনুরোধের উত্তর সময়মতো পাওয়া যায়নি,
তাই অনুরোধটি শেষ হয়ে গেছে। অনুগ্রহ করে অন্য একটি সময় বেছে নিন।

অ্যাপয়েন্টমেন্ট: {appointment}`,
    },
    {
      subject: 'لم يُرد على طلبك',
      text: `عزيزنا {patient}،

لم يُرد في الوقت المناسب على طلبك لموعد مع {doctor} في {hospital} يوم {date} الساعة {time}، لذلك انتهى الطلب.
يرجى اختيار وقت آخر.

الموعد: {appointment}`,
    },
  ),
  appointmentReceipt: template(
    {
      subject: 'Your receipt',
      text: `Dear {patient},

we received {total} for your appointment with {doctor} at {hospital} on {date} at {time}. Thank you.

Invoice: {invoice}
Transaction: {transaction}`,
    },
    {
      subject: 'আপনার রসিদ',
      text: `প্রিয় {patient},

{hospital}-এ {doctor}-এর সঙ্গে {date} তারিখে {time}-এ আপনার অ্যাপয়েন্টমেন্টের জন্য আমরা {total} পেয়েছি। ধন্যবাদ।

চালান: {invoice}
লেনদেন: {transaction}`,
    },
    {
      subject: 'إيصالك',
      text: `عزيزنا {patient}،

استلمنا {total} لموعدك مع {doctor} في {hospital} يوم {date} الساعة {time}. شكرًا لك.

الفاتورة: {invoice}
المعاملة: {transaction}`,
    },
  ),
  pharmacyReceipt: template(
    {
      subject: 'Your receipt',
      text: `Dear {patient},

we received {total} for your order at the pharmacy of {hospital}. Thank you.

{items}

Invoice: {invoice}
Transaction: {transaction}`,
    },
    {
      subject: 'আপনার রসিদ',
      text: `প্রিয় {patient},

{hospital}-এর ফার্মেসিতে আপনার অর্ডারের জন্য আমরা {total} পেয়েছি। ধন্যবাদ।

{items}

চালান: {invoice}
লেনদেন: {transaction}`,
    },
    {
      subject: 'إيصالك',
      text: `عزيزنا {patient}،

استلمنا {total} لطلبك من صيدلية {hospital}. شكرًا لك.

{items}

الفاتورة: {invoice}
المعاملة: {transaction}`,
    },
  ),
  testReceipt: template(
    {
      subject: 'Your receipt',
      text: `Dear {patient},

we received {total} for your tests at {hospital}. Thank you.

{items}

Invoice: {invoice}
Transaction: {transaction}`,
    },
    {
      subject: 'আপনার রসিদ',
      text: `প্রিয় {patient},

{hospital}-এ আপনার পরীক্ষাগুলোর জন্য আমরা {total} পেয়েছি। ধন্যবাদ।

{items}

চালান: {invoice}
লেনদেন: {transaction}`,
    },
    {
      subject: 'إيصالك',
      text: `عزيزنا {patient}،

استلمنا {total} لفحوصك في {hospital}. شكرًا لك.

{items}

الفاتورة: {invoice}
المعاملة: {transaction}`,
    },
  ),
  billReceipt: template(
    {
      subject: 'Your receipt',
      text: `Dear {patient},

we received {total} for the bill of {hospital}. Thank you.

Invoice: {invoice}
Transaction: {transaction}`,
    },
    {
      subject: 'আপনার রসিদ',
      text: `প্রিয় {patient},

{hospital}-এর বিলের জন্য আমরা {total} পেয়েছি। ধন্যবাদ।

চালান: {invoice}
লেনদেন: {transaction}`,
    },
    {
      subject: 'إيصالك',
      text: `عزيزنا {patient}،

استلمنا {total} لفاتورة {hospital}. شكرًا لك.

الفاتورة: {invoice}
المعاملة: {transaction}`,
    },
  ),
  reportDelivered: template(
    {
      subject: 'Something new for you',
      text: `Dear {patient},

a report of {hospital} is ready. Log in to read it.`,
    },
    {
      subject: 'আপনার জন্য নতুন তথ্য',
      text: `প্রিয় {patient},

{hospital}-এর একটি রিপোর্ট প্রস্তুত। পড়তে লগ ইন করুন।`,
    },
    {
      subject: 'لديك جديد',
      text: `عزيزنا {patient}،

تقرير من {hospital} جاهز. سجّل الدخول لقراءته.`,
    },
  ),
  doctorAccepted: template(
    {
      subject: 'Your registration was accepted',
      text: `Dear {doctor},

{hospital} has accepted your registration. You can now set your hours and your fees there.

Department: {department}
Specialisation: {specialisation}`,
    },
    {
      subject: 'আপনার নিবন্ধন গৃহীত হয়েছে',
      text: `প্রিয় {doctor},

{hospital} আপনার নিবন্ধন গ্রহণ করেছে। এখন আপনি সেখানে আপনার সময় ও ফি নির্ধারণ করতে পারেন।

বিভাগ: {department}
বিশেষত্ব: {specialisation}`,
    },
    {
      subject: 'تم قبول تسجيلك',
      text: `عزيزنا {doctor}،

قبل {hospital} تسجيلك. يمكنك الآن تحديد أوقاتك وأجورك هناك.

القسم: {department}
التخصص: {specialisation}`,
    },
  ),
  doctorRejected: template(
    {
      subject: 'Your registration was not accepted',
      text: `Dear {doctor},

{hospital} has not accepted your registration. Log in to read the reason.`,
    },
    {
      subject: 'আপনার নিবন্ধন গৃহীত হয়নি',
      text: `প্রিয় {doctor},

{hospital} আপনার নিবন্ধন গ্রহণ করেনি। কারণ জানতে লগ ইন করুন।`,
    },
    {
      subject: 'لم يُقبل تسجيلك',
      text: `عزيزنا {doctor}،

لم يقبل {hospital} تسجيلك. سجّل الدخول لقراءة السبب.`,
    },
  ),
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateName = keyof typeof TEMPLATES;

/** A mail's subject and text, in one language or one below the other. */
export const render = (
  name: TemplateName,
  languages: readonly Language[],
  valuesIn: (language: Language) => Values,
): Wording => write(TEMPLATES[name], languages, valuesIn);

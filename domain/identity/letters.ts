import type { Language, Template } from '../kernel/wording.js';
import type { StaffRole } from './roles.js';

// Mails with a link in them. They are not among the occasions of notifications: the link is a secret, made when the mail
// is sent.

export const PASSWORD_RESET: Template = {
  en: {
    subject: 'HealthStack: choose a new password',
    text: `Dear {name},

somebody asked for a new password for your account. Choose one within the hour:

{link}

If it was not you, ignore this mail: your password stays as it is.`,
  },
  bn: {
    subject: 'HealthStack: নতুন পাসওয়ার্ড বেছে নিন',
    text: `প্রিয় {name},

আপনার অ্যাকাউন্টের জন্য কেউ একটি নতুন পাসওয়ার্ড চেয়েছেন। এক ঘণ্টার মধ্যে একটি বেছে নিন:

{link}

আপনি না চেয়ে থাকলে এই মেইলটি উপেক্ষা করুন: আপনার পাসওয়ার্ড আগের মতোই থাকবে।`,
  },
  ar: {
    subject: 'HealthStack: اختر كلمة مرور جديدة',
    text: `عزيزنا {name}،

طلب أحدهم كلمة مرور جديدة لحسابك. اختر واحدة خلال ساعة:

{link}

إن لم تكن أنت من طلبها فتجاهل هذه الرسالة: تبقى كلمة مرورك كما هي.`,
  },
};

export const INVITATION: Template = {
  en: {
    subject: 'HealthStack: you are invited',
    text: `You are invited to work with HealthStack as {role}. Accept within seven days:

{link}

If you did not expect this, ignore this mail.`,
  },
  bn: {
    subject: 'HealthStack: আপনাকে আমন্ত্রণ জানানো হয়েছে',
    text: `আপনাকে {role} হিসেবে HealthStack-এ কাজ করার আমন্ত্রণ জানানো হয়েছে। সাত দিনের মধ্যে গ্রহণ করুন:

{link}

এটি আপনার প্রত্যাশিত না হলে মেইলটি উপেক্ষা করুন।`,
  },
  ar: {
    subject: 'HealthStack: أنت مدعو',
    text: `أنت مدعو للعمل مع HealthStack بصفة {role}. اقبل الدعوة خلال سبعة أيام:

{link}

إن لم تكن تتوقع هذه الرسالة فتجاهلها.`,
  },
};

export const STAFF_NAMES: Readonly<Record<StaffRole, Readonly<Record<Language, string>>>> = {
  hospitalAdministrator: { en: 'an administrator', bn: 'প্রশাসক', ar: 'مدير' },
  pharmacist: { en: 'a pharmacist', bn: 'ফার্মাসিস্ট', ar: 'صيدلي' },
  labWorker: { en: 'a lab worker', bn: 'ল্যাব কর্মী', ar: 'فني مختبر' },
  complianceOfficer: { en: 'a compliance officer', bn: 'কমপ্লায়েন্স কর্মকর্তা', ar: 'مسؤول امتثال' },
};

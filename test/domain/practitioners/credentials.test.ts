import { credentials } from '../../../domain/practitioners/credentials.js';
import { NOW, spec } from '../../kernel/spec.js';

const doctorId = 'd-1';
const given = spec(credentials, doctorId);

const mbbs = { educationId: 'e-1', degree: 'MBBS', institute: 'Dhaka Medical College', completedIn: 2008 };
const added = { type: 'EducationAdded' as const, data: { doctorId, ...mbbs, at: NOW } };
const post = { experienceId: 'x-1', workplace: 'Square Hospital', designation: 'Registrar', from: 2010, to: 2014 };
const worked = { type: 'ExperienceAdded' as const, data: { doctorId, ...post, at: NOW } };

it('adds education once', () => {
  given().when({ type: 'AddEducation', data: mbbs }).then(added);
  given(added).when({ type: 'AddEducation', data: mbbs }).then();
});

it('revises the given fields of an entry', () => {
  given(added)
    .when({ type: 'ReviseEducation', data: { educationId: 'e-1', degree: 'MBBS', completedIn: 2009 } })
    .then({ type: 'EducationRevised', data: { doctorId, educationId: 'e-1', completedIn: 2009, at: NOW } });
  given(added)
    .when({ type: 'ReviseEducation', data: { educationId: 'e-1', degree: 'MBBS' } })
    .then();
  given(added)
    .when({ type: 'ReviseEducation', data: { educationId: 'e-2', degree: 'x' } })
    .rejects('unknown');
  given(worked)
    .when({ type: 'ReviseExperience', data: { experienceId: 'x-1', to: null } })
    .then({ type: 'ExperienceRevised', data: { doctorId, experienceId: 'x-1', to: null, at: NOW } });
});

it('ends an experience in the year it began or later', () => {
  given().when({ type: 'AddExperience', data: post }).then(worked);
  given()
    .when({ type: 'AddExperience', data: { ...post, to: 2009 } })
    .rejects('ends-before-beginning');
  given(worked)
    .when({ type: 'ReviseExperience', data: { experienceId: 'x-1', from: 2015 } })
    .rejects('ends-before-beginning');
});

it('removes an entry once', () => {
  const removed = { type: 'EducationRemoved' as const, data: { doctorId, educationId: 'e-1', at: NOW } };
  given(added)
    .when({ type: 'RemoveEducation', data: { educationId: 'e-1' } })
    .then(removed);
  given(added, removed)
    .when({ type: 'RemoveEducation', data: { educationId: 'e-1' } })
    .then();
  given(worked)
    .when({ type: 'RemoveExperience', data: { experienceId: 'x-1' } })
    .then({ type: 'ExperienceRemoved', data: { doctorId, experienceId: 'x-1', at: NOW } });
});

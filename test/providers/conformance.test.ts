import { conformance } from './conformance.ts';
import { SUBJECTS } from './support/subjects.ts';

for (const subject of SUBJECTS) conformance(subject);

import { k1, k4 } from './deaths.ts';

k1('before-arm');
k1('after-ring');
k4('answer-received');
k4('before-confirmed');

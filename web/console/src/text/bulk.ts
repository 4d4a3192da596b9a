// The texts of what is done with many conversations at once.
import bulk from './bulk.json';
import { learn } from './say';

learn(bulk);

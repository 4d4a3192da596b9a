// The texts of app passwords.
import { learn } from './say';
import texts from './mailprograms.json';

learn(texts);

// The texts of what is loaded after the first screen; each file that is loaded by itself
// imports them first.
import pages from './pages.json';
import { learn } from './say';

learn(pages);

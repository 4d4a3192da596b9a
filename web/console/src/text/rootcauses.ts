// The texts of root causes.
import './pages';
import rootcauses from './rootcauses.json';
import { learn } from './say';

learn(rootcauses);

// The texts of the page of advisories.
import './pages';
import advisories from './advisories.json';
import { learn } from './say';

learn(advisories);

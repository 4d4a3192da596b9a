// The texts of runbooks.
import './pages';
import runbooks from './runbooks.json';
import { learn } from './say';

learn(runbooks);

// The texts of the page of measures.
import './pages';
import reports from './reports.json';
import { learn } from './say';

learn(reports);

// The texts of saved reports.
import './reports';
import saved from './saved.json';
import { learn } from './say';

learn(saved);

// The texts of the page of the policy.
import './pages';
import policy from './policy.json';
import { learn } from './say';

learn(policy);

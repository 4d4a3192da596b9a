// The texts of dry runs of the policy.
import './policy';
import policydry from './policydry.json';
import { learn } from './say';

learn(policydry);

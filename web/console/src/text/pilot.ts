// The texts of pilots of the policy.
import './policy';
import pilot from './pilot.json';
import { learn } from './say';

learn(pilot);

// The texts of the page of reviews.
import './pages';
import reviews from './reviews.json';
import { learn } from './say';

learn(reviews);

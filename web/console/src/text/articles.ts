// The texts of the page of articles.
import './pages';
import articles from './articles.json';
import { learn } from './say';

learn(articles);

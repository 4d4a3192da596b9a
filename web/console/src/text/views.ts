// The texts of saved views.
import { learn } from './say';
import views from './views.json';

learn(views);

// The knowledge base: its page, and what the composer inserts of it. Loaded when either is opened.
import '../text/articles';
import '../style/articles.css';

export { Insert } from './articleinsert';
export { draftOf } from '../state/articles';
export { Page } from './articlepage';

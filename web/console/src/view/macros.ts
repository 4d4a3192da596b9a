// Macros: their page, and what the composer shows of them. Loaded when a reply is begun, or
// the page is opened.
import '../text/pages';
import '../style/macros.css';

export { Button, Menu, Used } from './macromenu';
export { Page } from './macropage';

import { render } from 'preact';
import { findDemo } from './state/demo';
import { start } from './state/desk';
import { App } from './view/app';
import './style/base.css';
import './style/shell.css';
import './style/thread.css';
import './style/parts.css';
import './style/sla.css';

const app = document.getElementById('app')!;
app.textContent = '';
render(<App />, app);
void start();
void findDemo();

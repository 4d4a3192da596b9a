// The texts of the dialogs that change what describes a conversation.
import edit from './edit.json';
import { learn } from './say';

learn(edit);

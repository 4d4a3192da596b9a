// What the first screen does not need: the dialogs and the operator's pages. They are
// one file, which is loaded right after the first screen.
import '../text/pages';
export { AttachButton, Attachments, add as addFiles } from './attachments';
export { Channels } from './channels';
export { Dialogs } from './dialogs';
export { DraftArticle } from './draftarticle';
export { Quarantine } from './quarantine';
export { Side } from './side';
export { Tasks } from './tasks';
import '../style/attachments.css';
import '../style/tasks.css';
export { Trail } from './trail';

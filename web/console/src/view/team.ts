// The page of the agents, and the forms for agents and accounts: loaded when somebody
// opens one of them.
import '../text/pages';
import '../style/team.css';

export { AccountDialog } from './accountdialog';
export { AgentDialog } from './agentdialog';
export { Agents } from './agents';
export { ProfileDialog } from './profiledialog';

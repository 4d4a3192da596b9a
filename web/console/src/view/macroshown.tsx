import { inboxes, me } from '../state/desk';
import { pieces } from '../text/macro';
import { say } from '../text/say';

/** Values that show what a text becomes. */
export function example(): Record<string, string> {
  const contact = say('macros.example.contact');
  const first = (name: string) => name.split(' ')[0] ?? '';
  return {
    'contact.name': contact, 'contact.first_name': first(contact), 'account.name': say('macros.example.account'), 'agent.name': me.value.name, 'agent.first_name': first(me.value.name),
    company: say('macros.example.company'), 'inbox.name': inboxes.value[0]?.name ?? '', 'conversation.number': '1042', 'conversation.subject': say('macros.example.subject'),
  };
}

/** A text as a customer would get it. */
export function Shown({ text, values }: { text: string; values: Readonly<Record<string, string>> }) {
  return <p class="macro-text" dir="auto">{pieces(text, values).map((one, i) => (one.kind === 'text' ? one.text : <mark key={i} class={`macro-${one.kind}`}>{one.text}</mark>))}</p>;
}

import { place, tell } from '../state/desk';
import { threadOf } from '../state/thread';
import { say } from '../text/say';
import type { Message } from '../wire';

/** Makes an article of an agent's answer to the customer. */
export function DraftArticle({ message }: { message: Message }) {
  const restricted = threadOf(place.value.open ?? '').value.conversation?.restricted; // all agents read drafts
  if (message.direction !== 'outbound' || message.third_party || restricted) return null;
  const make = () => void import('./articles').then(({ draftOf }) => draftOf(message.id), () => tell(say('net.later'), { bad: true }));
  return <button class="quiet" onClick={make}>{say('thread.article')}</button>;
}

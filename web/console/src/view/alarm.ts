// Channels in words.
import { say, sayIf } from '../text/say';
import type { Channel } from '../wire';

export const MAILBOX = 'imap ';

export function channelName(channel: Channel): string {
  if (channel.name.startsWith(MAILBOX)) return say('channels.mailbox', { name: channel.name.slice(MAILBOX.length) });
  return sayIf(`channels.name.${channel.name}`, channel.name);
}

/** What an alarm means for the messages of the channel. */
export function alarmOf(channel: Channel): string {
  const text = sayIf(`channels.alarm.${channel.name}`, '');
  return text ? text.replace('{name}', channelName(channel)) : say('channels.alarm', { name: channelName(channel) });
}

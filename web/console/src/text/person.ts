import { say } from './say';

/** A contact's display name. Anonymous visitors have only a chat session ID, which is not shown. */
export function nameOf(contact: { name: string; address: string }): string {
  return contact.name || addressOf(contact) || say('person.visitor');
}

/** The contact's address; empty when it is a chat session ID. */
export function addressOf(contact: { address: string }): string {
  return /^vs_[0-9a-f]{32}$/.test(contact.address) ? '' : contact.address;
}

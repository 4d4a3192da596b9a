import { say } from './say';

/** What to call a contact: a visitor who gave no name has only the number of his chat session, which is no name. */
export function nameOf(contact: { name: string; address: string }): string {
  return contact.name || addressOf(contact) || say('person.visitor');
}

/** The contact's address, empty when it is the number of a chat session. */
export function addressOf(contact: { address: string }): string {
  return /^vs_[0-9a-f]{32}$/.test(contact.address) ? '' : contact.address;
}

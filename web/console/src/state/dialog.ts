// Which dialog is open; there is never more than one.
import { signal } from '@preact/signals';

export type Dialog = 'keys' | 'move' | 'return' | 'priority' | 'notices' | 'assign' | 'snooze' | 'merge' | 'password' | 'availability' | 'profile' | 'programs' | 'sendLater' | 'agent' | 'account' | 'task' | 'finish' | 'swarm' | 'resolve' | 'outbox' | 'start' | 'bulk' | 'tags' | 'subject' | 'contact' | 'view' | 'views' | null;
export const dialog = signal<Dialog>(null);
export const sideOpen = signal(false);

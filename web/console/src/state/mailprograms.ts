// One's app passwords: with one, a mail program shows the inboxes.
import { call, read } from '../api';
import type { AppPassword, NewAppPassword } from '../wire';

const at = '/app-passwords';

export const passwords = {
  list: async () => (await call<{ data: AppPassword[] }>('GET', at)).data,
  create: (name: string) => call<NewAppPassword>('POST', at, { name }),
  remove: (id: string) => read('DELETE', `${at}/${encodeURIComponent(id)}`),
};

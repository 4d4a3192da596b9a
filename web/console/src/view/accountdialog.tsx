import { useEffect, useRef, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { agents, names, place, reason, tell } from '../state/desk';
import { loadList } from '../state/list';
import { attributesOf, changedAttributes, listOf, wrongsOf, type Attribute } from '../state/people';
import { refreshThread, threadOf } from '../state/thread';
import { say } from '../text/say';
import type { Account, AccountChanges, Conversation } from '../wire';
import { Text, zones } from './fields';
import { Icon } from './icon';
import { close, Modal } from './modal';

/** Changes what is known about a customer. */
export function AccountDialog({ conversation }: { conversation: Conversation }) {
  // What is edited is the version that was shown when the dialog opened.
  const [account, setAccount] = useState<Account | null>(threadOf(conversation.id).value.account);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    if (!account) api.account(conversation.account.id).then(setAccount, (error: unknown) => setFailure(reason(error)));
  }, []);
  if (account) return <Form key={account.updated_at} account={account} conversation={conversation} reload={setAccount} />;
  return <Modal title={say('account.edit')}><p class="wrong" role="alert">{failure}</p></Modal>;
}

interface Values { name: string; domains: string; plan: string; attributes: Attribute[]; tags: string; owner: string; timezone: string }

function valuesOf(account: Account): Values {
  return {
    name: account.name, domains: account.domains.join(', '), plan: account.plan, attributes: attributesOf(account),
    tags: account.tags.join(', '), owner: account.owner?.id ?? '', timezone: account.timezone,
  };
}

/** What differs from the stored account. */
function changesOf(account: Account, v: Values): AccountChanges {
  const before = valuesOf(account);
  const attributes = changedAttributes(account, v.attributes);
  return {
    ...(v.name !== before.name && { name: v.name }),
    ...(v.domains !== before.domains && { domains: listOf(v.domains) }),
    ...(v.plan !== before.plan && { plan: v.plan }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(v.tags !== before.tags && { tags: listOf(v.tags) }),
    ...(v.owner !== before.owner && { owner: v.owner }),
    ...(v.timezone !== before.timezone && { timezone: v.timezone }),
  };
}

function Form({ account, conversation, reload }: { account: Account; conversation: Conversation; reload: (account: Account) => void }) {
  const [values, setValues] = useState(() => valuesOf(account));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState('');
  const [stale, setStale] = useState(false);
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const may = account.may_edit;
  const set = <K extends keyof Values>(field: K) => (value: Values[K]) => {
    setValues((before) => ({ ...before, [field]: value }));
    setWrong((before) => Object.fromEntries(Object.entries(before).filter(([name]) => name !== field && !name.startsWith(`${field}.`))));
  };
  const save = async () => {
    if (busy) return;
    setBusy(true);
    try {
      const saved = await api.changeAccount(account.id, { ...changesOf(account, values), based_on: account.updated_at });
      const thread = threadOf(conversation.id);
      thread.value = { ...thread.value, account: saved };
      void refreshThread(conversation.id);
      void loadList(place.value.view, { quiet: true });
      tell(say('account.saved', { name: saved.name }));
      close();
    } catch (error) {
      const { fields, rest } = error instanceof Problem ? wrongsOf(error, [...may]) : { fields: {}, rest: reason(error) };
      setWrong(fields);
      setFailure(rest);
      setStale(error instanceof Problem && error.status === 409 && error.detail.includes('changed meanwhile'));
      setBusy(false);
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
    }
  };
  const text = (name: 'name' | 'domains' | 'plan' | 'tags' | 'timezone', label: string, hint = '') => may.includes(name) && (
    <Text name={name} label={label} {...(hint ? { hint } : {})} wrong={wrong[name]} value={values[name]} change={set(name)} {...(name === 'timezone' ? { list: zones } : {})} />
  );
  return (
    <Modal title={say('account.editOf', { name: account.name })} wide>
      <form ref={form} noValidate onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {!may.includes('name') && <p class="muted">{say('account.tagsOnly')}</p>}
        {text('name', say('account.name'))}
        {text('domains', say('account.domains'), say('account.list'))}
        {text('plan', say('account.plan'))}
        {may.includes('attributes') && <Attributes list={values.attributes} wrong={wrong} change={set('attributes')} />}
        {text('tags', say('account.tags'), say('account.list'))}
        {may.includes('owner') && (
          <label class="labelled"><span>{say('account.owner')}</span>
            <select class="field" value={values.owner} onChange={(event) => set('owner')(event.currentTarget.value)}>
              <option value="">{say('account.nobody')}</option>
              {account.owner && !names.value.agent(account.owner.id) && <option value={account.owner.id}>{account.owner.name}</option>}
              {agents.value.map((agent) => <option key={agent.id} value={agent.id}>{agent.name}</option>)}
            </select>
            {wrong.owner && <p class="wrong">{wrong.owner}</p>}
          </label>
        )}
        {text('timezone', say('side.timezone'), say('agents.timezone.hint'))}
        <p class="wrong" role="alert">{failure}</p>
        {stale && <button type="button" class="button" onClick={() => void api.account(account.id).then(reload, (error: unknown) => setFailure(reason(error)))}>{say('account.reload')}</button>}
        <footer class="modal-foot modal-foot-stays">
          <button class="button button-primary" disabled={busy}>{say('dialog.save')}</button>
          <button type="button" class="button button-quiet" onClick={close}>{say('dialog.cancel')}</button>
        </footer>
      </form>
    </Modal>
  );
}

/** Names and values; the segments and the routing of the policy use them. */
function Attributes({ list, wrong, change }: { list: Attribute[]; wrong: Record<string, string>; change: (list: Attribute[]) => void }) {
  const box = useRef<HTMLFieldSetElement>(null);
  const edit = (at: number, part: Partial<Attribute>) => change(list.map((one, i) => (i === at ? { ...one, ...part } : one)));
  const later = (select: string) => requestAnimationFrame(() => [...(box.current?.querySelectorAll<HTMLElement>(select) ?? [])].at(-1)?.focus());
  return (
    <fieldset class="labelled" ref={box}>
      <legend>{say('account.attributes')}</legend>
      {list.map(({ name, text }, i) => {
        const problem = wrong[`attributes.${name.trim()}`];
        const about = { 'aria-invalid': problem ? ('true' as const) : undefined, 'aria-describedby': problem ? `wrong-attribute-${i}` : undefined };
        return (
          <div class="attribute" key={i}>
            <input class="field attribute-name" aria-label={say('account.attributeName')} placeholder={say('account.attributeName')} value={name} autocomplete="off" {...about} onInput={(event) => edit(i, { name: event.currentTarget.value })} />
            <input class="field" aria-label={say('account.attributeValue', { name: name || say('account.attributeName') })} dir="auto" value={text} autocomplete="off" {...about} onInput={(event) => edit(i, { text: event.currentTarget.value })} />
            <button type="button" class="tool" title={say('account.removeAttribute', { name })} onClick={() => { change(list.filter((_, at) => at !== i)); later('.quiet'); }}><Icon name="close" size={15} /><span class="sr">{say('account.removeAttribute', { name })}</span></button>
            {problem && <p class="wrong" id={`wrong-attribute-${i}`}>{problem}</p>}
          </div>
        );
      })}
      {wrong.attributes && <p class="wrong">{wrong.attributes}</p>}
      <button type="button" class="quiet" onClick={() => { change([...list, { name: '', text: '' }]); later('.attribute-name'); }}>{say('account.addAttribute')}</button>
    </fieldset>
  );
}

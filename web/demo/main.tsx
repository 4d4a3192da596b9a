import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Mailbox } from './mailbox';
import './demo.css';

const TABS = [
  { id: 'mail', name: 'A customer’s mailbox', line: 'Write to support as one of the shop’s customers. Replies arrive here.' },
  { id: 'shop', name: 'A shop with chat', line: 'A shop’s website with the chat widget, added by one script tag.' },
  { id: 'form', name: 'A contact form', line: 'The hosted form. It works without JavaScript and opens a conversation, like an email.' },
] as const;

type Tab = (typeof TABS)[number]['id'];

const fromHash = (): Tab => TABS.find((tab) => tab.id === location.hash.slice(1))?.id ?? 'mail';

function Demo() {
  const [tab, setTab] = useState<Tab>(fromHash());
  useEffect(() => {
    const follow = () => setTab(fromHash());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const move = (by: number) => {
    const next = TABS[(TABS.findIndex((one) => one.id === tab) + by + TABS.length) % TABS.length]!;
    location.hash = next.id;
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <>
      <header class="top">
        <div class="brand">
          <svg width="34" height="34" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9" fill="#0f766e" /><g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"><path d="M9 10h4c5 0 5 12 10 12" /><path d="M9 22h4c1.6 0 2.7-1.2 3.6-2.8M19.4 12.8C20.3 11.2 21.4 10 23 10" /></g></svg>
          <div><h1>You are the customer</h1><p>This demo uses sample data, and no email leaves this machine. Write to support, and watch the message arrive in the console.</p></div>
        </div>
        <a class="primary" href="/" target="switchboard-console">Open the agents’ console <span aria-hidden="true">↗</span></a>
      </header>
      <div class="tabs" role="tablist" aria-label="Contact channels">
        {TABS.map((one) => (
          <button key={one.id} id={`tab-${one.id}`} role="tab" aria-selected={one.id === tab} aria-controls="pane" tabIndex={one.id === tab ? 0 : -1}
            onClick={() => (location.hash = one.id)} onKeyDown={(event) => { if (event.key === 'ArrowRight') move(1); if (event.key === 'ArrowLeft') move(-1); }}>
            {one.name}
          </button>
        ))}
      </div>
      <main id="pane" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <p class="line">{TABS.find((one) => one.id === tab)!.line}</p>
        {tab === 'mail' && <Mailbox />}
        {tab === 'shop' && <Framed src="/demo/shop" title="The shop" />}
        {tab === 'form' && <Framed src="/f/support" title="The contact form" />}
      </main>
    </>
  );
}

function Framed({ src, title }: { src: string; title: string }) {
  return (
    <>
      <p class="aside"><a href={src} target="_blank">Open in a new window ↗</a></p>
      <iframe class="page" src={src} title={title} />
    </>
  );
}

render(<Demo />, document.getElementById('app')!);

import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { dialog } from '../state/dialog';
import { say } from '../text/say';
import { Icon } from './icon';

export const close = () => (dialog.value = null);

/** A native modal dialog: the browser traps the focus, focuses the autofocus field and handles Esc. */
export function Modal({ title, wide, children }: { title: string; wide?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const element = box.current!;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} class={wide ? 'modal modal-wide' : 'modal'} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); close(); }}
      onClick={(event) => { if (event.target === box.current) close(); }}>
      <div class="modal-body">
        <header class="modal-head"><h2 id={id}>{title}</h2><button class="tool" onClick={close}><Icon name="close" /><span class="sr">{say('dialog.close')}</span></button></header>
        {children}
      </div>
    </dialog>
  );
}

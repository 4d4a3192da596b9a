import { useRef } from 'preact/hooks';
import { attach, detach, filesOf, LIMIT } from '../state/files';
import { insert } from '../state/writing';
import { say } from '../text/say';
import { size } from '../text/time';
import { Icon } from './icon';

/** Adds files; pictures that were pasted or dropped are shown in the text. */
export async function add(conversation: string, list: Iterable<File>, inText: boolean): Promise<void> {
  for (const file of list) {
    const id = await attach(conversation, file);
    const picture = filesOf(conversation).find((one) => one.id === id)?.picture;
    if (id && inText && picture) insert(`![${file.name.replace(/[[\]\n]/g, ' ')}](cid:${id})`);
  }
}

/** The files of a reply, with their progress. */
export function Attachments({ conversation }: { conversation: string }) {
  const files = filesOf(conversation);
  if (files.length === 0) return null;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  return (
    <div class="attached">
      <ul aria-label={say('files.title')}>
        {files.map((file) => (
          <li key={file.key} class={file.failure ? 'attached-wrong' : ''}>
            {file.picture ? <img class="file-preview" src={`/api/v1/uploads/${file.id}/content`} alt="" /> : <Icon name="clip" size={15} />}
            <span class="attached-name" dir="auto" title={file.name}>{file.name}</span>
            <span class="muted">{file.failure || size(file.size)}</span>
            {!file.id && !file.failure && <progress max={1} value={file.done} aria-label={say('files.progress', { name: file.name })} />}
            <button type="button" class="tool" title={say('files.remove', { name: file.name })} onClick={() => detach(conversation, file.key)}>
              <Icon name="close" size={14} /><span class="sr">{say('files.remove', { name: file.name })}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class={total > LIMIT ? 'failed' : 'muted'} role={total > LIMIT ? 'alert' : undefined}>
        {say(total > LIMIT ? 'files.tooMuch' : 'files.total', { size: size(total), limit: size(LIMIT) })}
      </p>
    </div>
  );
}

/** Chooses files. */
export function AttachButton({ conversation, disabled }: { conversation: string; disabled: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input ref={input} type="file" multiple hidden tabIndex={-1} aria-hidden="true" onChange={(event) => {
        void add(conversation, [...(event.currentTarget.files ?? [])], false);
        event.currentTarget.value = '';
      }} />
      <button type="button" class="button button-quiet" disabled={disabled} title={say('files.hint', { limit: size(LIMIT) })} onClick={() => input.current?.click()}>
        <Icon name="clip" size={15} />{say('files.attach')}
      </button>
    </>
  );
}

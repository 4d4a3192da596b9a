import { useState } from 'preact/hooks';
import { say } from '../text/say';
import { size } from '../text/time';
import type { Attachment, Message } from '../wire';
import { Icon } from './icon';

const DETACHED = ['application/pkcs7-signature', 'application/x-pkcs7-signature', 'application/pgp-signature'];
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
/** Larger pictures are not previewed: each one is loaded as a whole. */
const PREVIEWED = 5 << 20;

/** The files of a message: everything that is not drawn in it. framed says that its HTML is shown. */
export function Files({ message, framed }: { message: Message; framed: boolean }) {
  // A signature that is shown next to the sender is not listed.
  const files = message.attachments.filter((file) => (file.disposition !== 'inline' || !framed) && !(message.signature && DETACHED.includes(file.type)));
  if (files.length === 0) return null;
  return (
    <ul class="files">
      {files.map((file) => (
        <li key={file.part_id}>
          <a href={file.url} download={file.name} title={say('thread.attachment', { name: file.name, size: size(file.size) })}>
            {PICTURES.includes(file.type) && file.size <= PREVIEWED ? <Preview file={file} /> : <Icon name="clip" size={15} />}
            <span dir="auto">{file.name}</span><span class="muted">{size(file.size)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** A small picture; the usual icon if the browser cannot show it. */
function Preview({ file }: { file: Attachment }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <Icon name="clip" size={15} />;
  return <img class="file-preview" src={file.url} alt="" loading="lazy" onError={() => setBroken(true)} />;
}

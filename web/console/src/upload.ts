// Uploads a file with its progress, which fetch does not report.
import { actingAs, Problem, problemOf } from './api';
import type { Upload } from './wire';

export function upload(file: File, progress: (done: number) => void, signal: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/api/v1/uploads');
    const actor = actingAs();
    if (actor) request.setRequestHeader('Switchboard-Agent', actor);
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Upload);
      else reject(problemOf(request.status, request.statusText, request.responseText));
    };
    request.onerror = () => reject(new Problem(0, 'unreachable', ''));
    request.onabort = () => reject(new DOMException('removed', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    const form = new FormData();
    form.append('file', file);
    request.send(form);
  });
}

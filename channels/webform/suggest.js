// Looks for articles that may answer what a visitor is writing. The form works as well without it.
(() => {
  const PAUSE = 100; // milliseconds without a key
  const FEWEST = 3; // characters
  const box = document.getElementById('articles');
  const fields = [document.getElementById('subject'), document.getElementById('message')];
  let timer, stop;
  const show = (found) => {
    if (found.length === 0) return box.replaceChildren();
    const title = document.createElement('h2');
    title.textContent = box.dataset.title;
    const list = document.createElement('ul');
    for (const { title, summary, url } of found) {
      const link = document.createElement('a');
      Object.assign(link, { href: url, target: '_blank', rel: 'noopener', textContent: title });
      const about = document.createElement('span');
      about.textContent = summary;
      const item = document.createElement('li');
      item.append(link, ' ', about);
      list.append(item);
    }
    box.replaceChildren(title, list);
  };
  const look = async (text) => {
    stop = new AbortController();
    try {
      const query = new URLSearchParams({ q: text.slice(-300), language: navigator.language, place: 'form' });
      const answer = await fetch(`/help/suggest?${query}`, { signal: stop.signal, credentials: 'omit' });
      if (answer.ok) show((await answer.json()).data);
    } catch {
      // Without suggestions the form works as well.
    }
  };
  const typed = () => {
    clearTimeout(timer);
    stop?.abort();
    const text = fields.map((field) => field.value.trim()).filter(Boolean).join(' ');
    if (text.length < FEWEST) return show([]);
    timer = setTimeout(look, PAUSE, text);
  };
  for (const field of fields) field.addEventListener('input', typed);
})();

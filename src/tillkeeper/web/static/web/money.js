// The money pages: keys of the workbench, and files sent one by one with their progress. Buttons exist for all of it.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const every = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- keys ------------------------------------------------------------------------------------------------------
  const rows = () => every('.queue tr[data-row]');
  const here = () => one('.queue tr.is-here');

  function mark(row) {
    here()?.classList.remove('is-here');
    if (!row) return;
    row.classList.add('is-here');
    one('a', row)?.focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  }

  function move(by) {
    const all = rows(), at = all.indexOf(here());
    if (all.length) mark(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
  }

  function choose(row, on) {
    const box = row && one('[data-choose]', row);
    if (!box) return;
    box.checked = on ?? !box.checked;
    box.dispatchEvent(new Event('change', { bubbles: true }));
  }

  function press(key) { // on a list the chosen cases, else the marked one
    if (one('[data-triage]') && !rows().some((row) => one('[data-choose]', row)?.checked)) {
      if (!here()) return;
      choose(here(), true);
    }
    one(`[data-key="${key}"]`)?.click();
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    Enter: () => one('a', here() ?? document.createElement('i'))?.click(),
    x: () => choose(here()),
    a: () => press('a'),
    h: () => press('h'),
    d: () => (one('[data-triage-one]') ? one('[data-triage-one] [data-key="d"]')?.click() : press('d')),
    m: () => press('m'),
    n: () => (one('[data-triage-one] [data-key="n"]') ?? one('[data-row-key="n"]', here() ?? document.createElement('i')))?.click(),
    '?': () => one('#keys')?.showModal(),
  };

  document.addEventListener('keydown', (event) => {
    if (!one('[data-triage], [data-triage-one]') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, select, textarea, [contenteditable]') || one('dialog[open]')) return;
    if (event.key === 'Enter' && event.target.closest('a, button, summary')) return; // it opens by itself
    const act = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  let place = -1; // the marked row keeps its place when the list asks again
  document.addEventListener('htmx:beforeSwap', (event) => {
    if (event.detail.target?.id === 'table') place = rows().indexOf(here());
  });
  document.addEventListener('htmx:afterSwap', (event) => {
    if (event.detail.target?.id !== 'table' || place < 0 || document.activeElement?.closest('input, select')) return;
    mark(rows()[Math.min(place, rows().length - 1)]);
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-keys-open]')) keys['?']();
    if (event.target.closest('[data-print]')) window.print();
    const row = event.target.closest('.queue tr[data-row]');
    if (row && event.target.closest('input')) mark(row);
  });

  // ---- bringing in -------------------------------------------------------------------------------------------------
  const form = one('[data-upload]'), drop = one('[data-drop-many]');
  if (!form || !drop) return;
  const input = one('input[type=file]', drop), name = one('[data-drop-name]', drop), list = one('#verdicts');
  const show = () => { name.textContent = [...input.files].map((file) => file.name).join(', '); };
  input.addEventListener('change', show);
  for (const kind of ['dragenter', 'dragover']) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add('is-over'); });
  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('is-over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
  });

  function waiting(file) {
    const line = document.createElement('div'), body = document.createElement('div');
    const title = document.createElement('p'), bar = document.createElement('progress'), word = document.createElement('p');
    line.className = 'verdict';
    title.textContent = file.name;
    word.className = 'quiet';
    bar.max = 100;
    bar.value = 0;
    body.append(title, bar, word);
    line.append(body);
    return { line, bar, word };
  }

  function send(file, { line, bar, word }) {
    const sent = new FormData(form);
    sent.delete('file');
    sent.append('file', file);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open('POST', form.action);
      request.setRequestHeader('HX-Request', 'true');
      request.upload.addEventListener('progress', (event) => {
        bar.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
        if (event.loaded === event.total) { bar.removeAttribute('value'); word.textContent = form.dataset.reading; }
      });
      request.addEventListener('loadend', () => {
        if (request.status === 200 || request.status === 422) line.outerHTML = request.responseText;
        else { bar.remove(); word.textContent = form.dataset.lost; word.className = 'bad'; }
        done();
      });
      request.send(sent);
    });
  }

  form.addEventListener('submit', async (event) => {
    const files = [...input.files];
    if (!files.length) return; // the server says what is missing
    event.preventDefault();
    const button = one('[type=submit]', form), lines = files.map(waiting);
    button.disabled = true;
    list.hidden = false;
    list.replaceChildren(...lines.map(({ line }) => line));
    for (const [at, file] of files.entries()) await send(file, lines[at]); // one at a time: the server reads each whole
    button.disabled = false;
    form.reset();
    show();
  });
})();

// The console's own behaviour: drawer, dialog, toasts, rows, chosen rows, looks. No framework beyond htmx and Tabler.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (...listener) => document.addEventListener(...listener);
const TOAST_MS = 6000;
let opener; // what opened the drawer: it gets the focus back

on('click', (event) => { // Ctrl-click is a new tab: keep htmx out of it
  if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest('a[hx-get]')) event.stopPropagation();
}, true);

on('click', (event) => {
  const row = event.target.closest('tr[data-row]');
  if (row && !event.target.closest('a, button, input, label, select') && !getSelection().toString()) $('a', row)?.click();
  const shut = event.target.closest('dialog [data-close]');
  if (shut) { event.preventDefault(); shut.closest('dialog').close(); }
  const copy = event.target.closest('[data-copy]');
  if (copy) navigator.clipboard?.writeText($(copy.dataset.copy).textContent.trim()).then(() => say(copy.dataset.copied));
});

on('htmx:configRequest', (event) => { // no empty values in the URL
  if (event.detail.verb !== 'get') return;
  for (const [name, value] of [...event.detail.formData]) if (value === '') event.detail.formData.delete(name);
});

on('htmx:afterSwap', (event) => {
  const box = event.detail.target ?? event.target; // Back swaps <main>, and names no target
  if (box.id === 'drawer') {
    if (!box.classList.contains('show')) opener = event.detail.requestConfig?.elt;
    tabler.Offcanvas.getOrCreateInstance(box).show();
  }
  if ((box.id === 'dialog' || box.id === 'refusal') && !box.open) box.showModal();
  if (box.id === 'table') countChosen();
  enhance(box);
  ($('[aria-invalid=true]', box) || $('.form-refused', box))?.focus();
});

const drawer = $('#drawer');
drawer?.addEventListener('hidden.bs.offcanvas', () => {
  drawer.replaceChildren(); // a hidden object need not keep itself up to date
  (opener?.isConnected ? opener : $('#main'))?.focus();
});

// ---- what the server says --------------------------------------------------------------------------------------
on('toast', (event) => say(event.detail.text, event.detail.kind));
on('changed', (event) => { // after a form in the drawer its object is shown there; lists ask again by themselves
  $('#dialog')?.close();
  if (event.target.closest('#drawer form') && event.detail.page) htmx.ajax('GET', event.detail.page, '#drawer');
});
// A list that asked for itself again may have taken away the button whose answer comes now: the page hears it instead.
const relay = (event) => {
  if (event.currentTarget.isConnected) return;
  document.body.dispatchEvent(new CustomEvent(event.type, { detail: event.detail, bubbles: true }));
};
on('htmx:beforeRequest', ({ detail: { elt } }) => {
  for (const name of ['toast', 'changed']) elt.addEventListener(name, relay);
});
on('htmx:sendError', () => say(document.body.dataset.lost, 'failed'));

function say(text, kind = 'done') {
  if (!text) return;
  const line = document.createElement('p');
  line.className = 'toast-line';
  line.dataset.kind = kind;
  line.textContent = text;
  $('#toasts').append(line);
  fade(line);
}

function fade(line) {
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'btn-close';
  close.setAttribute('aria-label', document.body.dataset.close);
  close.addEventListener('click', () => line.remove());
  line.append(close);
  if (line.dataset.kind !== 'failed') setTimeout(() => line.remove(), TOAST_MS);
}
$$('#toasts .toast-line').forEach(fade);

// ---- looks -------------------------------------------------------------------------------------------------------
on('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-theme-switch]')) return;
  event.preventDefault();
  const theme = document.documentElement.dataset.bsTheme === 'dark' ? 'light' : 'dark';
  $$('[data-theme-switch] [name=theme]').forEach((field) => { field.value = theme; });
  document.documentElement.dataset.theme = document.documentElement.dataset.bsTheme = theme;
  document.dispatchEvent(new CustomEvent('appearance', { detail: { theme } })); // charts draw themselves again
  fetch(form.action, { method: 'POST', body: new FormData(form), headers: { 'HX-Request': 'true' } })
    .catch(() => say(document.body.dataset.lost, 'failed'));
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
  if (document.documentElement.dataset.theme !== 'auto') return;
  document.documentElement.dataset.bsTheme = event.matches ? 'dark' : 'light';
  document.dispatchEvent(new CustomEvent('appearance', { detail: { theme: event.matches ? 'dark' : 'light' } }));
});

// ---- chosen rows: data-choose on a row's checkbox, data-choose-page on the head's, the bar is ui/_bulk.html -------
on('change', (event) => {
  if (event.target.matches('[data-choose-page]')) {
    $$('[data-choose]').forEach((box) => { box.checked = event.target.checked; });
  }
  if (event.target.matches('[data-choose], [data-choose-page]')) { setAllMatching(false); countChosen(); }
});
on('click', (event) => {
  if (event.target.closest('[data-bulk-clear]')) {
    $$('[data-choose], [data-choose-page]').forEach((box) => { box.checked = false; });
    setAllMatching(false);
    countChosen();
  }
  if (event.target.closest('[data-bulk-all]')) {
    $$('[data-choose], [data-choose-page]').forEach((box) => { box.checked = true; });
    setAllMatching(true);
    countChosen();
  }
});

function setAllMatching(all) {
  const flag = $('[data-bulk-flag]');
  if (flag) flag.value = all ? '1' : '';
}

function countChosen() {
  const bar = $('[data-bulk]');
  if (!bar) return;
  const boxes = $$('[data-choose]'), chosen = boxes.filter((box) => box.checked), head = $('[data-choose-page]');
  const all = $('[data-bulk-flag]', bar)?.value === '1', total = Number(bar.dataset.total);
  boxes.forEach((box) => box.closest('tr')?.classList.toggle('is-chosen', box.checked));
  bar.hidden = chosen.length === 0;
  bar.closest('.list-head')?.classList.toggle('has-bulk', !bar.hidden);
  $('[data-bulk-count]', bar).textContent = (all ? total : chosen.length).toLocaleString('en');
  const offer = $('[data-bulk-all]', bar);
  if (offer) offer.hidden = all || chosen.length < boxes.length || total <= boxes.length;
  if (head) {
    head.checked = chosen.length > 0 && chosen.length === boxes.length;
    head.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  }
}

// ---- selects with a search, where a page loads tom-select -----------------------------------------------------------
function enhance(root) {
  if (!window.TomSelect) return;
  $$('select[data-search]', root).forEach((select) => {
    if (!select.tomselect) new TomSelect(select, { maxOptions: 200, controlInput: '<input>', allowEmptyOption: true });
  });
}
enhance(document);
countChosen();
($('main [aria-invalid=true]') || $('main .form-refused'))?.focus();

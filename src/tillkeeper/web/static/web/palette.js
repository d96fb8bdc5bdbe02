// The command palette: "/" or Ctrl+K opens it, arrows walk, Enter goes, Escape closes (the dialog's own doing).
(() => {
  const box = document.getElementById('palette');
  if (!box) return;
  const field = document.getElementById('palette-q'), list = document.getElementById('palette-list');
  let back; // what had the focus before
  const hits = () => [...list.querySelectorAll('.hit')];
  const current = () => list.querySelector('.hit[aria-selected=true]');

  function open(text = '') {
    if (box.open) return;
    back = document.activeElement;
    box.showModal();
    field.value = text;
    field.focus();
    field.select();
    htmx.trigger(field, 'ask');
  }

  function choose(hit) {
    hits().forEach((other) => other.setAttribute('aria-selected', String(other === hit)));
    if (hit) { field.setAttribute('aria-activedescendant', hit.id); hit.scrollIntoView({ block: 'nearest' }); }
    else field.removeAttribute('aria-activedescendant');
  }

  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, textarea, select, [contenteditable]');
    const slash = event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (slash || (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey))) { event.preventDefault(); open(); }
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-palette-open]')) { event.preventDefault(); open(); }
    if (event.target.closest('[data-palette-close]') || event.target === box) box.close();
  });
  document.querySelector('[data-palette] input')?.addEventListener('focus', (event) => {
    if (back === event.target) { back = undefined; return; } // the focus coming back is no wish to search again
    open(event.target.value);
  });
  box.addEventListener('close', () => {
    const field = document.querySelector('[data-palette] input');
    if (back === field) field.blur(); else back?.focus?.();
    back = undefined;
  });
  field.addEventListener('keydown', (event) => {
    const all = hits(), at = all.indexOf(current());
    if (event.key === 'ArrowDown') { event.preventDefault(); choose(all[(at + 1) % all.length]); }
    if (event.key === 'ArrowUp') { event.preventDefault(); choose(all[(at - 1 + all.length) % all.length]); }
    if (event.key === 'Enter' && (current() || all[0])) { event.preventDefault(); (current() || all[0]).click(); }
  });
  list.addEventListener('htmx:afterSwap', () => choose(hits()[0]));
})();

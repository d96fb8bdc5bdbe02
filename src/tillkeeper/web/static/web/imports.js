// Drag and drop of a file, and marks in the mapping: columns given twice, and columns not used.
(() => {
  const drop = document.querySelector('[data-drop]');
  if (drop) {
    const input = drop.querySelector('input[type=file]'), name = drop.querySelector('[data-drop-name]');
    const show = () => { name.textContent = input.files[0]?.name || ''; };
    input.addEventListener('change', show);
    for (const kind of ['dragenter', 'dragover']) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add('is-over'); });
    for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('is-over'));
    drop.addEventListener('drop', (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
    });
  }
  const table = document.querySelector('[data-mapping]');
  if (table) {
    const selects = [...table.querySelectorAll('select')];
    const mark = () => {
      const times = {};
      selects.forEach((select) => { if (select.value) times[select.value] = (times[select.value] || 0) + 1; });
      selects.forEach((select) => {
        const row = select.closest('tr'), twice = times[select.value] > 1;
        row.classList.toggle('is-twice', twice);
        row.classList.toggle('is-unused', !select.value);
        row.querySelector('[data-twice]').hidden = !twice;
        select.toggleAttribute('aria-invalid', twice);
      });
    };
    table.addEventListener('change', mark);
    mark();
  }
})();

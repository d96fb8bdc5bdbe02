// The editor of layouts: numbers beside the lines of the text, and the way from a refusal to its line.
(() => {
  const number = (area) => {
    const box = area.parentElement.querySelector('.line-numbers');
    const count = area.value.split('\n').length;
    if (Number(box.dataset.count) !== count) {
      box.dataset.count = count;
      box.textContent = Array.from({ length: count }, (_, i) => i + 1).join('\n');
    }
    box.scrollTop = area.scrollTop;
  };
  const each = () => document.querySelectorAll('textarea[data-numbered]').forEach(number);
  const numbered = (event) => event.target.matches?.('textarea[data-numbered]') && number(event.target);
  document.addEventListener('input', numbered);
  document.addEventListener('scroll', numbered, true); // it does not bubble
  document.addEventListener('htmx:afterSwap', each);
  document.addEventListener('htmx:oobAfterSwap', each);

  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-goto]');
    const area = document.querySelector('textarea[data-numbered]');
    if (!link || !area) return;
    event.preventDefault();
    const lines = area.value.split('\n'), line = Math.min(Number(link.dataset.goto), lines.length);
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const from = start + Math.min(Number(link.dataset.column) - 1, lines[line - 1].length);
    area.focus();
    area.setSelectionRange(from, start + lines[line - 1].length);
    area.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(area).lineHeight));
    area.scrollIntoView({ block: 'center' });
  });
  each();
})();

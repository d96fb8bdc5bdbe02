// What the list of terminals adds: the order of columns, and closing the export's dialog once the download has begun.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-move]');
  if (!button) return;
  const line = button.closest('li'), up = button.dataset.move === 'up';
  const other = up ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  if (up) other.before(line); else other.after(line);
  button.focus();
});
document.addEventListener('submit', (event) => {
  if (event.target.matches('[data-download]')) setTimeout(() => document.getElementById('dialog')?.close(), 100);
});

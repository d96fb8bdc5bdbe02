// Runs before the styles, so that a dark page never flashes light: "auto" follows the system.
document.documentElement.dataset.bsTheme = document.documentElement.dataset.theme === 'auto'
  ? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  : document.documentElement.dataset.theme;

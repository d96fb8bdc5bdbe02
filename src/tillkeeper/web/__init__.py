"""The console: parse, call one service or query, render."""

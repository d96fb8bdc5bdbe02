"""Ledgers brought in: upload, mapping, dry run, progress, result, undo."""

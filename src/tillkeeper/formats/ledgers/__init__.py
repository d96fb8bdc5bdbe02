"""Ledgers (台账) as people keep them: XLSX, XLS and CSV files, read and written.

Owns what a file is (`tables`), what its columns mean (`columns`), what a cell is worth (`cells`),
why a row is refused (`refusals`), and how files go out again (`writing`, `templates`).
"""

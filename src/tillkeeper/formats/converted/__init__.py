"""The canonical forms as files: what `formats convert` writes, and what reads it again as the same kind.

CSV is a table and nothing else, so it states no totals of its own: a line that was lost from it does not show. Parquet
carries its number of rows and its sums, and what the file it was made from said of itself.
"""

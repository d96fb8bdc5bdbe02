"""Matching: which payments agree among journal, bill and statement, which do not, and why.

The same files and rules give the same answer, byte for byte, whatever the order of rows, files, buckets or workers.
Its rules (calendars, cut-offs, tolerances, fee plans) are data; its findings are rows of one table.
"""

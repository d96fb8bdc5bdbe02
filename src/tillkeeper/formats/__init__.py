"""What stands in files and on labels, read and written: ledgers, identifiers, label sheets.

Pure: values, lines and files in, values out. No Django, no clock, no database. A file that cannot
be read is refused with an `Invalid` that says what is wrong, where, and how to mend it.
"""

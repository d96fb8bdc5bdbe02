"""What a money file says once it is read: the tables of journal, bill and statement; what a reader gives and refuses.

Every format reads into these columns and may be written from them. Frames, not rows, pass through here: a day has
millions. Sources: docs/reference/formats.
"""

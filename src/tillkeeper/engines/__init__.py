"""What is worked out from facts alone: matching money, rehearsing days.

Pure: frames and values in, frames and values out. No Django, no database, and no clock: the moment is an argument.
"""

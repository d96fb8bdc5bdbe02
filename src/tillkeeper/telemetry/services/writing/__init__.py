"""The writer: what the spool holds becomes live state, changes and events, a round at a time, each in one transaction.

A kill at any point does nothing twice and loses nothing: how far it came is committed with what it did.
"""

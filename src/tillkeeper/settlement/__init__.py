"""Money that must agree: files of journals, bills and statements taken in; matching runs; what does not agree as cases.

A case is decided by people, above a limit by two, and every decision is posted in double entry to an append-only
ledger. Payments that agree never come here: they stay in the lake.
"""

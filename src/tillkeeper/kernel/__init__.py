"""What every room stands on and no business: errors, actor and scope, money, audit chain, outbox, documents, files.

The pure half (errors, events, money, actor) may be used by the formats; the other half has tables of its own.
"""

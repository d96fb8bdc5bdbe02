"""Who takes part: the organisation tree, merchants and their sites, vendors, people and their roles.

Everything else hangs on the tree: a person sees the places where a role was granted, and all below them.
"""

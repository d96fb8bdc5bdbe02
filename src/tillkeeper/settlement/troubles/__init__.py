"""The path from a batch that cannot settle to a settled one: what is looked at, in the order of the field.

`facts` is what is known, `gathering` and `rows` bring it together, `judging` holds the checks (pure functions over the
facts), `answers` says in words what each came to and what to do next, `handing` finds the case that fits.
"""

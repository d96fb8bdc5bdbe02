"""The estate: terminal models, terminals, their lifecycle, bindings and evidence; ledgers brought in and out.

A terminal's state is changed nowhere else, and each change leaves an immutable history row.
"""

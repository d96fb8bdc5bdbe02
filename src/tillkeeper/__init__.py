"""Tillkeeper keeps an estate of payment terminals earning.

The packages below are the rooms of the house; a room imports only rooms below it. docs/explanation/architecture.md
draws the rows, and import-linter checks them.
"""

__version__ = "0.1.0"

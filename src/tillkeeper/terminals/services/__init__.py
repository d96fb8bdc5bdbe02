"""The verbs of the estate, split by subject."""

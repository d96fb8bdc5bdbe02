"""The verbs of the parties, by subject, and what they share: nodes, readings, rows, authority."""

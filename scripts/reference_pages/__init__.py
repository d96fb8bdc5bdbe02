"""Pages of docs/reference that are drawn from the tables in the code, so that they cannot disagree with it."""

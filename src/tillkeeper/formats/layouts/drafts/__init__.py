"""A first layout from a sample file, for a person to mend: a draft is a guess and says so where it is unsure."""

"""How alerts come about: the rules in force, what is put beside readings, rows written, joined, told and closed."""

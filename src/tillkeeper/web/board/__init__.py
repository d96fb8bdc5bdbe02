"""The board: the estate now, in figures that lead to lists."""

"""What moves on its own: the board's numbers, told to everybody who watches, and one terminal's voice."""

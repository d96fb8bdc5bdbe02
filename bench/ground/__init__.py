"""What the measurements stand on: fresh databases of both kinds, ledgers to bring in, and the line that is printed."""

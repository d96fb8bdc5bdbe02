"""Terminals in the console: the list, what is done with many, one terminal's page."""

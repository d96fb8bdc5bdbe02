"""Layouts declared in TOML: what a delimited or fixed-width bill, statement or journal looks like, as data.

A declaration is read once into frozen values; one reader and one writer serve them all, a frame at a time.
"""

"""Formats of bills that no layout can declare."""

"""Terminals' logs: which are here, what stands in one, and what people say of kinds of lines."""

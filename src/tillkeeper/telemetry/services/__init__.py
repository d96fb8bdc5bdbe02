"""Verbs of telemetry: one function, one transaction."""

"""Alerts: what somebody should look at, alone or joined; the rules they come from."""

"""The payout leg: what bills add up to against the credits of bank statements, and what explains the rest."""

"""What was agreed with channels and acquirers: calendars, cut-offs, tolerances, fee plans. TOML, versioned by hash."""

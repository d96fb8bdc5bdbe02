"""History: what was heard goes into the lake by the minute, is joined into hours and days, thinned, and forgotten."""

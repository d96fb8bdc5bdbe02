"""Questions about settlement."""

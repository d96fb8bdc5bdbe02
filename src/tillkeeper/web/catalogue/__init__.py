"""Terminal models and their approvals."""

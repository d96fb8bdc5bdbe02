"""Acting on terminals from afar: orders for one or for many, and what became of each one's part."""

"""Questions about what was heard, raised and asked: typed rows or QuerySets out."""

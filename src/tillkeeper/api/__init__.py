"""The REST door: parse, call one service or query, shape the answer."""

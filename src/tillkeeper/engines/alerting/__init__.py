"""Alert rules as data, judged over the readings of many terminals at once: pure, deterministic, vectorised.

A rule remembers of each terminal a few numbers. Readings are taken in the order of their moments; one that is not newer
than the last is passed over, so that doubles and latecomers change nothing, and a day cut into any batches comes to
the same.
"""

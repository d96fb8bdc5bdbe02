"""A simulated fleet at the door: it enrols, checks in, keeps what it cannot send, and does what it is asked.

Every word goes over the wire, as real terminals' words do. What it would report is drawn by `engines.rehearsal.fleet`.
"""

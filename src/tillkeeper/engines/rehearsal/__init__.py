"""Rehearsal: whole payment days out of a seed that agree, and faults that make them disagree, with the truth of each.

It owns the plan of such a day, the estate it is played on, and one small function for each fault. Pure: the same plan
gives the same rows, however they are taken. What stands in it is made up; no row belongs to anybody.
"""

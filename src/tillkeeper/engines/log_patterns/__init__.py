"""Kinds of lines in terminals' logs: masked, sorted into templates, and told as faults where they are known. Pure.

Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017) does the sorting,
through drain3, which nothing outside this room knows of.
"""

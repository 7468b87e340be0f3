"""Simulated studies whose truth is known, judged by the real judge.

worlds: how runs come out. studies: the toy study, and what the judge says of it. scenarios: the
truths that are simulated, and what may happen how often. rivals: other intervals, for comparison.
tables: all of it as a page. Tests run a few studies of each scenario, `make calibrate` 2,000.
"""

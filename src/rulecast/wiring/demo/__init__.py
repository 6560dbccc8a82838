"""The demonstration: a seeded, dirty, realistic workspace goes through the whole product against the simulator.

In: a seed and a number of people. Out: files a company might really have, the story of one campaign evening, and a
report with four checks that are computed by a stranger.
"""

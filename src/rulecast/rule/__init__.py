"""Rules: text goes in, an audience with reasons comes out.

`language` turns text into a checked rule, `engine` finds whom it means, `book` keeps it.
"""

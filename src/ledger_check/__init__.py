"""Compares a Cloud API simulator's ledger with the sender's database; imports nothing of either.

In: the ledger's file (what was really asked of Meta, and what it answered and told) and a database address.
Out: seven counts that must be 0: duplicates, sends without consent, sends after an opt-out, rows that do not
balance, and requests beyond what a number may send in a second, a pair may bear, a portfolio may reach in a day.
"""

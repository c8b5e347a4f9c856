"""Returning frozen money: the three legal cases, their exact division, and the life of a return.

`model` says what a return is, `cases` which legal case applies, `division` who gets how many fen and why, `machine` who
may do what when, `fold` what follows, `period` when a notice ends. Nothing here asks a clock, a ledger or a database.
"""

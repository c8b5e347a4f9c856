"""Orders: everything that touches somebody's phone, money or page, born with its end, its notice and its remedy.

The state machine stands once, as data, in `machine`; `guards` says what each move needs; `fold` says what it changes.
All three are pure. `ledger` keeps the events in the desk, each in one transaction with its leaf in the log.
"""

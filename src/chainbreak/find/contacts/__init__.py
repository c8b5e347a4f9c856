"""Who is in contact with something confirmed, read from records: calls, look-ups, texts, payments.

Pure reductions from the lake's tables and a few confirmed tokens to plain rows, one a sign of contact; which signs are
one contact, and what it rests on, is told elsewhere. A row is about a line, never about a person.
"""

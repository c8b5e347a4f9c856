"""A scorer of lines, trained on any labelled table of features: what is left to look at where there is no box to find.

Scores go to lines, never to persons, and are one kind of evidence among others: no order rests on one alone.
"""

"""Linking reports into series: evidence graph → signed bits → clusters, as a pure function of the set of reports."""

"""The verbs: use cases, one a file, each taking an `Office` first. The three faces call these and nothing below.

`bootstrap.py` is the only place where parts are put together.
"""

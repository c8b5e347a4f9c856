"""Delivery: from a signed order to what a partner holds, and back.

The desk is the truth; files at partners are caches of it, rebuilt from what is in force. Messages are queued in the
transaction that changes the order, sent at least once, and keyed so that a repeat does nothing.
"""

"""Warnings: reach the person being defrauded while it happens. A warning describes an event, never a person."""

"""Fraud sites; versions side by side, the newest last in the registry."""

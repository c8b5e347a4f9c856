"""Mule accounts: accounts that receive from many and pass on at once."""

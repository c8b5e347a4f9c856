"""Delivery measured: real servers on loopback ports, latencies as their clients see them."""

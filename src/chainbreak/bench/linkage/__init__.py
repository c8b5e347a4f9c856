"""Linkage beside Splink and the rules of thumb: public record sets, and reports of simulated gangs."""

"""Families of evasion levels: which card is in which port of which gateway, and when.

| Family | Levels | How |
|---|---|---|
| `ports` | L0–L3 | one gateway; a card a port all day, or cards taking turns |
| `bank` | L4, L5 | cards in a bank that appear in one of several gateways at a time |
| `cable` | L6 | phones in a hotel room |
"""

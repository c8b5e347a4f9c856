"""The simulated city: people, lines, money and gangs that tie calls, transfers, sites and reports together, with truth apart.

A benchmark and a demo, never evidence of performance in the field. The line of data here: `mix` (what to build) →
`world` (who and what exists, a pure function of preset, seed, start and mix) → `daily` (one day's records and the next
`state`) → `writing` (files). Chance comes from `draws.stream`, named by purpose and day, so the order in which parts run
changes nothing.
"""

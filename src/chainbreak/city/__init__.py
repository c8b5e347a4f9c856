"""The simulated city: one world ties calls, transfers, sites and reports of people and gangs; its truth lies apart.

A benchmark and a demo, never evidence of performance in the field. The line of data: `mix` (what to build) → `world`
(who and what exists, a pure function of preset, seed, start and mix) → `daily` (a day's records and the next `state`)
→ `writing` (files). Chance comes from `draws.stream`, named by purpose and day, so the order in which parts run changes
nothing.
"""

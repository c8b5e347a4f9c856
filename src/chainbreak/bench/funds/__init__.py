"""How much stolen money holds would save in a simulated city, and what they would do to others; never field evidence.

`scripts/evaluate_funds.py` runs it over cities. Nothing here acts in the city: a hold is judged by the money that lies,
by the city's truth, on the account at the moment at which a bank would act.
"""

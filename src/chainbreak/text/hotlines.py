"""Public numbers of police, banks and operators: whose they are is known, also where a caller pretends to have them.

Sources: the 95/96 short codes that the ministry (工业和信息化部) has assigned to banks, and published service numbers.
"""

_BANKS = (
    "95588 95533 95599 95566 95559 95555 95558 95595 95568 95561 95577 95528 95508 95580 95511 95527 95516 95526 95594 "
    "95574 95395 95398 95316 96588 95577 95541 95537 95017 95188"
)
_POLICE = "96110 12321 12377 12381 12389 12309 12368"
_OTHERS = "10086 10010 10000 10099 12306 12315 12366 12348 12378 12363 95338 95311 95554 95543 95546 95320 95118 95025"

HOTLINES: dict[str, str] = {
    **dict.fromkeys(_OTHERS.split(), "unknown"), **dict.fromkeys(_BANKS.split(), "bank"),
    **dict.fromkeys(_POLICE.split(), "police"),
}  # fmt: skip
"""Number as dialled -> role: bank (payment services too), police (and who takes complaints), unknown (anybody else)."""

"""Sharing with other centres, platforms and banks: MISP and STIX 2.1 over TAXII 2.1, out and in.

Out, a partner is an enforcement point like any other (`misp`, `taxii`): what it is given is an order in force, stripped
of everything it does not need, and taken back where the order ends. In, what others report is read, bounded and aged
(`stix_in`, `misp_in`, `decay`); it is something to look at and never turns into an order by itself.
"""

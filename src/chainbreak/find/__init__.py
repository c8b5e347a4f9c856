"""What finds: the detector contract, the features it may use, and the detectors; never of persons.

`contract/` knows no detector; a detector knows `contract` and `features`; `registry.py` is the explicit list that
joins them.
"""

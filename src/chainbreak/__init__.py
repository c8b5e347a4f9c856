"""chainbreak: an open platform for an anti-telecom-fraud centre.

Records come in, detectors find, linkage and tracing join, people decide, orders and warnings go out, and everything
done is logged, expires, can be appealed and is measured. Importing this package imports nothing heavy.
"""

__version__ = "0.1.0"

"""The transparency log: append, prove, sign, witness, verify, erase (RFC 6962 tree over canonical JSON)."""

"""GOIP boxes and SIM banks: devices that re-originate calls from abroad through local SIMs."""

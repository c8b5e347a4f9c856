"""Ibis expressions that detectors share: portable core only, named intermediates, integer time and money."""

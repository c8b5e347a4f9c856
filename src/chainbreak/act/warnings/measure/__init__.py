"""What warnings achieve, measured so that it may be believed: uplift by drawn order, and tiers tried on past events."""

"""Reading free text: what it mentions, which type of fraud it tells of, and whose script it follows."""

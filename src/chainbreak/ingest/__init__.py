"""How records get in: files are read in chunks, mapped, typed, tokenised and appended; what fails is kept sealed."""

"""How records get in: files are read in bounded chunks, mapped, typed, tokenised and appended; what fails is kept sealed."""

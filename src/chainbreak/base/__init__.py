"""What every room needs and nothing else: errors, logs, clock, settings, units, progress, words. Imports nothing of ours."""

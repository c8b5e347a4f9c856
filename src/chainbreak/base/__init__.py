"""What every room needs: errors, logs, clock, settings, units, progress, words. Imports nothing else of ours."""

"""Detection while records arrive: what stands is kept on disk and merged with what came; the rest is as in one run."""

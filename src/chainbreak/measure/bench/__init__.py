"""MOVED by the integrator: benches call app verbs, so they stand above app. Put your module in src/chainbreak/bench/<name>.py
(`run(scale: str) -> list[BenchRow]`), import BenchRow, watch and run_child from chainbreak.bench. Do not use this package.
"""

"""Benchmarks. `python -m tests.benchmarks` shows the main figures of all.

Functions: `.accuracy`, `.torch_accuracy`, `.throughput`, `.kernels`, `.training`. Whole processes: `.startup`, `.text`,
`.npy`.
"""

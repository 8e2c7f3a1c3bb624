"""Benchmarks. `python -m tests.benchmarks` prints the main figures of all of them.

Functions: `.accuracy`, `.torch_accuracy`, `.throughput`, `.kernels`, `.training`. Whole processes: `.startup`, `.text`,
`.npy`.
"""

"""Programs that measure: `python -m tests.benchmarks` shows the figures that matter, of all of them.

`.accuracy`, `.torch_accuracy`, `.throughput`, `.kernels`, `.training`; and, of whole processes, `.startup`, `.text`
and `.npy`.
"""

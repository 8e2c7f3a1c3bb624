"""Programs that measure.

`python -m tests.benchmarks.accuracy`, `.torch_accuracy`, `.throughput`, `.kernels`, `.training`; and, of whole
processes, `.startup`, `.text` and `.npy`.
"""

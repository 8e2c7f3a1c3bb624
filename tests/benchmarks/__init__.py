"""Programs that measure: `python -m tests.benchmarks.accuracy`, `.torch_accuracy`, `.throughput`, `.startup`, `.text`, `.npy`."""

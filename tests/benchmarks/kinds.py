"""Two kinds of x86 processor: with AVX-512, and with AVX-512 switched off in NumPy and the frameworks."""

from collections.abc import Mapping

import numpy as np

from tests.benchmarks.processes import ENVIRONMENT

WITH, WITHOUT, AS_IT_IS = "with AVX-512", "without AVX-512", "this processor"
ELSEWHERE = {
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
}
"""Variables for OpenBLAS, PyTorch and its two libraries, and JAX; NumPy has a variable of its own."""


def kinds() -> dict[str, Mapping[str, str]]:
    """Name -> environment of a process for this kind of processor; a single one on a machine without AVX-512."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    wide = [name for name in found if name.startswith("AVX512") or name == "X86_V4"]
    if not wide:
        return {AS_IT_IS: ENVIRONMENT}
    off = {"NPY_DISABLE_CPU_FEATURES": " ".join(wide), **ELSEWHERE}
    return {WITH: ENVIRONMENT, WITHOUT: ENVIRONMENT | off}

"""No more memory than there is: what would wake the kernel's OOM killer becomes a MemoryError."""

from contextlib import suppress

_AVAILABLE = "/proc/meminfo"
# What a container may take: control groups of version 2 and 1.
_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def bound_memory() -> None:
    """Take no more from here on than is available now, or than a limit that is set already. Linux only."""
    with suppress(ImportError, OSError, ValueError):  # no such limits on this system, or not in this form
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        bounds = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([_available(), *_of_the_container(), *bounds]), hard))


def _available() -> int:
    with open(_AVAILABLE, encoding="ascii") as file:
        return min(1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable:"))


def _of_the_container() -> list[int]:
    bounds = []
    for path in _CONTAINER:
        with suppress(OSError, ValueError), open(path, encoding="ascii") as file:  # "max" is no bound
            bounds.append(int(file.read()))
    return bounds

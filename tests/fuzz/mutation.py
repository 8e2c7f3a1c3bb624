"""Random damage to texts and bytes, the same for the same seed."""

import random
from collections.abc import Sequence

_MOST_CHANGES = 4


def mutated(data: bytes, pieces: Sequence[bytes], choose: random.Random) -> bytes:
    """The data with a few changes: bytes flipped, removed, repeated or replaced, pieces inserted, the end cut off."""
    found = bytearray(data)
    for _ in range(choose.randrange(_MOST_CHANGES + 1)):
        place = choose.randrange(len(found) + 1)
        end = min(len(found), place + choose.choice([1, 1, 1, 2, 4, 8, 64]))
        how = choose.randrange(7)
        if how == 0:
            found[place:end] = b""
        elif how == 1:
            found[place:place] = found[place:end] * choose.choice([1, 1, 2, 40])
        elif how == 2:
            found[place:end] = choose.randbytes(end - place)
        elif how == 3 and place < len(found):
            found[place] ^= 1 << choose.randrange(8)
        elif how == 4:
            found[place:] = found[place:] if choose.random() < 0.8 else b""
        else:
            found[place : place if how == 5 else end] = choose.choice(pieces)
    return bytes(found)

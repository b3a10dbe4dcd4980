"""What the two kinds of data files hold: each variable with its dimensions, unit and precision."""

from __future__ import annotations

import numpy as np

__all__ = ["round_mantissa"]

#: Mantissa bits kept of block averages: 2⁻¹¹ ≈ 0.05 % rounding, where ten trajectories give 10 %.
KEPT_BITS = 10


def round_mantissa(values: np.ndarray, bits: int = KEPT_BITS) -> np.ndarray:
    """Round float32 values to ``bits`` explicit mantissa bits, to nearest, so they compress well.

    The relative error is at most 2^−(bits + 1).

    Examples
    --------
    >>> x = np.array([0.123456789], dtype=np.float32)
    >>> bool(abs(round_mantissa(x)[0] / x[0] - 1) < 2**-11)
    True
    """
    drop = 23 - bits
    raw = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).astype(np.uint64)
    raw = (raw + (1 << (drop - 1)) - 1 + ((raw >> drop) & 1)) >> drop << drop
    return raw.astype(np.uint32).view(np.float32).reshape(np.shape(values))

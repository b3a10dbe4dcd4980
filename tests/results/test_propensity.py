"""How far from diffusion the last time is."""

from dataclasses import replace

import numpy as np

from glasslib import results


def test_slope_table(shown):
    table = results.slope_table(shown).astype(float)
    assert list(table.columns) == ["least", "at t (τ)", "at τ_α", "last time / τ_α",
                                   "at the last time"]
    assert table["at the last time"].between(0.5, 1.1).all()
    assert (table["least"] < table["at the last time"]).all()
    one = shown[0.8]
    fine = one.times.fine_times
    blocks = {run: [replace(block, arrays=block.arrays | {"msd": (0.1 * fine**0.6)[None]})
                    for block in some] for run, some in one.blocks.items()}
    exact = results.slope_table({0.8: replace(one, blocks=blocks)}).loc["0.80"].astype(float)
    np.testing.assert_allclose(exact[["least", "at τ_α", "at the last time"]], 0.6, atol=1e-6)
    assert results.slope_table({0.8: replace(one, blocks={})}).empty

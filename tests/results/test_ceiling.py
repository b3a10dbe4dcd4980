"""The noise ceiling of the fixed ensemble."""

from dataclasses import replace

import numpy as np
import pandas as pd

from glasslib.learning.correlation import pearson
from glasslib.results import ceiling
from results.examples import single_block


def test_ceilings_of_the_ensemble(one):
    table = ceiling.ceilings(one)
    own = table[table["own"] & (table["kind"] == "pooled")]
    blocks = ceiling.block_propensities(one)
    halves = np.concatenate(blocks, axis=1)
    r = pearson(halves[0], halves[1])
    np.testing.assert_allclose(own["reliability"], np.maximum(2 * r / (1 + r), 0))
    np.testing.assert_allclose(own["ceiling"] ** 2, own["reliability"])
    assert own["trajectories"].unique().tolist() == [4.0]
    single = table[(table["trajectories"] == 2) & (table["kind"] == "pooled")]
    np.testing.assert_allclose(single["direct"], r)
    np.testing.assert_allclose(single["reliability"], np.maximum(r, 0), atol=1e-12)
    assert ceiling.ceilings(single_block(one))["ceiling"].isna().all()


def test_ceilings_of_runs_with_unequal_numbers_of_blocks(one):
    """What a run has beyond the others, while a campaign goes on, changes no error."""
    run, *_ = one.blocks
    more = replace(one, blocks=one.blocks | {run: one.blocks[run] * 2})
    columns = ["kind", "t", "reliability", "ceiling", "ceiling_error"]
    equal, unequal = (
        table.query("trajectories == 2")[columns].reset_index(drop=True)
        for table in (ceiling.ceilings(one), ceiling.ceilings(more))
    )
    pd.testing.assert_frame_equal(equal, unequal)

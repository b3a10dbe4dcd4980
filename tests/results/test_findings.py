"""What pages say they found: on every page, from its tables, few runs marked."""

import re
from dataclasses import replace

import numpy as np
import pytest

from glasslib import paths, store
from glasslib.errors import ParameterError
from glasslib.publishing.readme import front_tables
from glasslib.results import findings
from glasslib.results.front import in_two_minutes
from glasslib.results.opening import opening
from glasslib.results.page_parameters import page_model
from glasslib.results.sentences import data_sentence
from glasslib.results.shipped import read_table

#: Pages that use the library and judge nothing.
TOOLS = {"16-your-own-melt", "17-past-one-machine"}
#: Findings made of ρ(τ_α), and the tables they name.
OF_TABLES = {
    "networks": ["accuracy"], "accuracy": ["accuracy", "accuracy-equal-runs"],
    "baselines": ["baselines", "accuracy"], "inherent": ["inherent"], "cage": ["structure-limit"],
    "leaks": ["without-structure", "accuracy", "leak-reach"],
}  # fmt: skip


@pytest.fixture(scope="module")
def runs():
    return front_tables()["accuracy"].attrs["runs"]


def said(page, tables, runs):
    return getattr(findings, f"{page}_finding")(*tables, runs)


def test_every_page_opens_with_what_it_found():
    asks, asked = re.compile(r'results\.opening\("([\w-]+)", (?:shown|{})(?:, page)?\)'), {}
    for path in sorted(paths.notebooks().glob("[0-9]*.md")):
        asked[path.stem] = asks.findall(path.read_text())
    assert {stem for stem, names in asked.items() if not names} == TOOLS
    for stem in TOOLS:  # which say what they do, from what they computed
        assert "results.Opening(" in (paths.notebooks() / f"{stem}.md").read_text()
    names = [name for found in asked.values() for name in found]
    assert sorted(names) == sorted(findings.FINDINGS)  # each once


@pytest.mark.parametrize("page", OF_TABLES)
def test_numbers_are_those_of_the_tables(page, runs):
    tables = [read_table(name) for name in OF_TABLES[page]]
    text = said(page, tables, runs)
    known = set()
    for table in tables:
        here = table[table["at_tau"]]
        known |= {f"{abs(value):.2f}" for value in here["rho"]}
        if "within" in here:
            known |= {f"{abs(value):.2f}" for value in here["within"]}
    if page == "leaks":  # a difference of two tables
        mean, nets = (t[t["at_tau"] & (t["split"] == "row")] for t in tables[:2])
        known |= {f"{abs(a - b):.2f}" for a in mean["rho"] for b in nets["rho"]}
    numbers = set(re.findall(r"\d\.\d\d", text)) - {f"{t:.2f}" for t in runs}
    assert numbers and numbers <= known
    few = said(page, tables, runs | {0.4: 2})  # not judged
    assert "0.40" in " ".join(re.findall(r"T = ([\d., and]+)", text))
    assert "0.40" not in " ".join(re.findall(r"T = ([\d., and]+)", few))
    moved = [
        table.assign(**{name: np.where(table["at_tau"], 0.5 * table[name] + 0.321, np.nan)
                        for name in ("rho", "within") if name in table})
        for table in tables
    ]
    assert said(page, moved, runs) != text


@pytest.mark.parametrize("page", OF_TABLES)
def test_few_runs_are_said_where_there_is_nothing_else(page, runs):
    tables = [read_table(name) for name in OF_TABLES[page]]
    assert "(2 runs)" in said(page, tables, dict.fromkeys(runs, 2))
    assert "(2 runs)" not in said(page, tables, dict.fromkeys(runs, 4))


def test_front_page_says_five_things_of_all_temperatures_with_enough_runs(runs):
    tables = front_tables()
    sentences = in_two_minutes(tables, runs)
    assert len(sentences) == 5 and all(one.endswith(".") for one in sentences)
    text = " ".join(sentences)
    assert "random split (the paper's test)" in text and "new configurations" in text.lower()
    hot = tables["accuracy"].query("at_tau and split == 'run' and model == 'network A − network B'")
    assert f"{hot.set_index('T')['within'][0.6]:.2f}" in sentences[2]


def test_opening_of_a_page(smoke, shown):
    top = opening("propensity", shown)
    text = top._repr_markdown_()
    assert text.startswith("**What we find.** At τ_α the mean propensity is")
    assert "**Data.** 2 runs × 4 trajectories at T = 0.80" in text and "hollow" in text
    spread = {t: e.propensity[..., e.times.tau_index].std() for t, e in shown.items()}
    assert all(f"{value:.2f}" in top.finding for value in spread.values())
    with pytest.raises(ParameterError, match="page = 'none' has no finding; choose melt"):
        opening("none", shown)


def test_an_opening_says_that_it_is_for_the_defaults(smoke, shown):
    page = page_model("02-relaxation")
    assert "defaults" not in opening("relaxation", shown, page()).data
    told = opening("relaxation", shown, page(wavenumber=0.95, temperature=0.8)).data
    assert told.endswith("above, is for the defaults, not for wavenumber = 0.95.")


def test_findings_of_the_melt_stand_on_its_runs(smoke, shown):
    assert "1,500 monomers" in findings.finding("melt", shown)
    assert "of 4 equilibrations" in findings.finding("melt", shown)
    assert "τ_α grows" in findings.finding("relaxation", shown)
    told = findings.finding("descriptors", shown)
    (components,) = re.findall(r"of which (\d+) principal", told)
    assert "880 numbers" in told and 50 < int(components) < 600


def test_runs_without_trajectories_are_told_apart():
    runs = store.load_runs(0.4, "companion")
    few = replace(runs, blocks={0: runs.blocks[0], 1: runs.blocks[1]})
    assert data_sentence({0.4: few}) == (
        f"{len(runs.runs)} runs, 2 of them × 40 trajectories at T = 0.40."
    )

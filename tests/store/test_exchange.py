"""Files of other programs: read as they were meant, or refused; never otherwise in silence."""

import bz2
import gzip
import lzma
import warnings

import MDAnalysis
import numpy as np
import pytest
from melt_files import (
    BONDED,
    ROWS,
    data_text,
    dump_text,
    lammps_energies,
    small_melt,
    xyz_text,
)
from reading_mutations import GOOD, count, outcome_of_table, table_of

from glasslib.configuration import Configuration
from glasslib.errors import ConfigurationError, DataError, DataWarning, ParameterError
from glasslib.store.exchange import read_configuration
from glasslib.structure.energy import potential_energy

MELT = small_melt()
GAPS = np.array([*range(1, 51), *range(101, 176)])  # ids without those of the middle
CUBE = 'Lattice="6 0 0 0 6 0 0 0 6" pbc="T T T"'


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def quiet(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return read_configuration(*arguments, **options)


def assert_is(read, melt, ids=None, atol=1e-9):
    """The snapshot is the melt, row by row."""
    np.testing.assert_array_equal(read.ids, np.arange(1, len(melt) + 1) if ids is None else ids)
    apart = read.configuration.positions - melt.positions
    apart -= melt.box * np.round(apart / melt.box)
    assert np.abs(apart).max() < atol
    np.testing.assert_allclose(read.configuration.box, melt.box, atol=atol)
    assert read.configuration.positions.min() >= 0
    if len(melt.bonds):
        pairs = np.unique(np.sort(read.configuration.bonds, axis=1), axis=0)
        np.testing.assert_array_equal(pairs, melt.bonds)


# --------------------------------------------------------------------------- LAMMPS data files
@pytest.mark.parametrize("flags", [False, True])
@pytest.mark.parametrize("style", ROWS)
def test_data_file_of_any_style(tmp_path, style, flags):
    path = write(tmp_path / "melt.data", data_text(MELT, style, ids=GAPS, flags=flags))
    read = quiet(path)
    bonded = style in BONDED
    assert_is(read, MELT if bonded else Configuration(MELT.positions, MELT.box), ids=GAPS)
    energies = potential_energy(read.configuration)
    own = write(tmp_path / "own.data", data_text(MELT, "bond" if bonded else "atomic"))
    expected = lammps_energies(own, "bond" if bonded else "atomic", bonded)
    np.testing.assert_allclose(energies, expected, rtol=1e-9, atol=1e-9)
    assert read.types.tolist() == 125 * [1] and not read.doubts and read.step is None
    np.testing.assert_array_equal(
        read.chains, np.arange(125) // 5 + 1 if bonded else np.arange(1, 126)
    )
    assert ("does not say of what" in " ".join(read.remarks)) == (style == "hybrid")


def test_data_file_as_lammps_writes_it(tmp_path):
    from glasslib.simulation.engine import load_lammps

    path = write(tmp_path / "in.data", data_text(MELT))
    lmp = load_lammps().lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
    for line in ("atom_style bond", f"read_data {path} nocoeff", "mass 1 1", "reset_timestep 700",
                 "pair_style lj/cut 2.5", "pair_coeff 1 1 1 1", "bond_style harmonic",
                 "bond_coeff 1 555.5 0.97", "change_box all x delta -4 -4 y delta 0 0.0",
                 f"write_data {tmp_path}/out.data"):  # fmt: skip
        lmp.command(line)
    lmp.close()
    read = read_configuration(tmp_path / "out.data")  # no warning: the potential is the melt's
    assert read.step == 700 and not read.doubts and not read.remarks
    assert_is(read, Configuration(MELT.positions + [4, 0, 0], MELT.box, MELT.bonds))


def test_atoms_without_a_style(tmp_path):
    path = write(tmp_path / "melt.data", data_text(MELT, name=False))
    with pytest.warns(DataWarning, match="names no atom style; .* 'molecular'"):
        assert_is(read_configuration(path), MELT)
    assert not read_configuration(path, atom_style="bond").remarks
    write(path, data_text(MELT, "charge", name=False))  # 6 columns, which might be molecular
    with pytest.raises(DataError, match="--atom-style bond"):
        read_configuration(path)
    columns = "id type q x y z"
    assert_is(quiet(path, atom_style=columns), Configuration(MELT.positions, MELT.box))
    write(path, data_text(MELT, "hybrid bond charge", flags=True))
    assert_is(quiet(path, atom_style="id type x y z mol"), MELT)
    with pytest.raises(ParameterError, match="has no column type"):
        read_configuration(path, atom_style="id x y z")
    with pytest.raises(DataError, match="names 11"):
        read_configuration(path, atom_style="id type x y z a b c d e f")
    for style in ("positions of it", 'bond"', "full"):
        with pytest.raises(DataError, match="--atom-style"):
            read_configuration(path, atom_style=style)


def change(old, new, text=None):
    text = data_text(MELT) if text is None else text
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (data_text(MELT)[:4000], "says 125 atoms, the section Atoms has"),
        (data_text(MELT)[:-300], "says 100 bonds, the section Bonds has"),
        (change("\nBonds\n", "\n"), "says 125 atoms, the section Atoms has 225"),
        (change("0 bonds", "9 bonds", data_text(MELT, bonds=[])), "9 bonds, .* Bonds is missing"),
        (change("100 bonds\n", ""), "says 0 bonds, the section Bonds has 100"),
        (change("125 atoms\n", ""), "'… atoms' .* is missing"),
        (change("125 atoms", "1x5 atoms"), "'1x5' is not a finite integer"),
        (change("0 6.0 zlo zhi\n", ""), "all three edges"),
        (change("0 6.0 zlo zhi\n", "0 6.0 ylo yhi\n"), "two lines '… ylo yhi'"),
        (change("1 bond types\n", ""), "bond types"),
        (change("\n1 1 1 2\n", "\n1 1 1 126\n"), "1 1 1 126"),
        (change("\n1 1 1 2\n", "\n1 1 3 2\n"), "1 of the bonds come twice"),
        (change("\n1 1 1 2\n", "\n1 2 1 2\n"), "Invalid bond type 2"),
        (change("\n17 4 1 ", "\n18 4 1 "), "Bonds assigned incorrectly"),
        (change("\n17 1 ", "\n18 1 ", data_text(MELT, "atomic")), "particle 18 twice"),
        (change("\n17 4 1 ", "\n17 4 2 "), "Invalid atom type 2"),
        (change("\n17 4 1 ", "\n17 4 1 nan "), "Incorrect format|nan"),
        (change("\n17 4 1 0.4768981934", "\n17 4 1 1e30"), "1e30 in the line '17 .* too far away"),
        (change("\nBonds\n", "\nAtoms\n\nBonds\n"), "Atoms comes twice"),
        (change("# bond", "# sphere"), "style 'sphere'.*--atom-style"),
    ],
)
def test_broken_data_files(tmp_path, text, message):
    with pytest.raises(DataError, match=f"melt.data.*{message}") as caught:
        read_configuration(write(tmp_path / "melt.data", text))
    assert "\n" not in str(caught.value)


def test_boxes_of_data_files(tmp_path):
    path = tmp_path / "melt.data"
    write(path, change("zlo zhi\n", "zlo zhi\n1.5 0 0 xy xz yz\n"))
    with pytest.raises(ConfigurationError, match="triclinic.*only orthorhombic"):
        read_configuration(path)
    write(path, change("zlo zhi\n", "zlo zhi\n0 0 0 xy xz yz\n"))
    assert_is(read_configuration(path), MELT)
    text = data_text(MELT)
    for axis in "xyz":
        text = change(f"0 6.0 {axis}lo {axis}hi\n", "", text)
    vectors = "6 0 0 avec\n0 6 0 bvec\n0 0 6 cvec\n0 0 0 abc origin\n"
    write(path, change("\n\n\nAtoms", f"\n{vectors}\nAtoms", text))
    assert_is(read_configuration(path), MELT)


@pytest.mark.parametrize("name", ["data.melt", "melt.lmp", "melt", "my 'melt' $x & #1.txt"])
def test_names_packing_and_encodings_of_data_files(tmp_path, name):
    text = data_text(MELT)
    title = text.replace("a melt", "fusion à 0,6 – été", 1)
    for content in (
        text, title.encode("utf-8"), title.encode("cp1252"), title.encode("utf-16"),
        title.encode("utf-8-sig"), text.replace("\n", "\r\n"), change("a melt", "x" * 900),
        gzip.compress(text.encode()), bz2.compress(text.encode()), lzma.compress(text.encode()),
    ):  # fmt: skip
        read = read_configuration(write(tmp_path / name, content))
        assert_is(read, MELT)
        assert not read.remarks
    for content, words in (
        (b"\x28\xb5\x2f\xfd....", "packed with zstd"),
        (gzip.compress(text.encode())[:-300], "ended before"),
        (b"", "neither"),
        (b"not a data file\n", "neither .*'… atoms'"),
    ):
        with pytest.raises(DataError, match=words):
            read_configuration(write(tmp_path / name, content))
    with pytest.warns(DataWarning, match="does not end with a line end"):
        read_configuration(write(tmp_path / name, text[:-1]))


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = write(tmp_path / "melt.data", data_text(MELT))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DataError, match="melt.data cannot be read: Permission denied"):
        read_configuration(path)


def test_what_the_file_says_of_the_potential(tmp_path):
    path = tmp_path / "melt.data"
    own = "\nBond Coeffs # harmonic\n\n1 555.5 0.97\n\nPair Coeffs # lj/cut\n\n1 1 1\n"
    assert not read_configuration(write(path, data_text(MELT, extra=own))).doubts
    for extra, words in (
        ("\nBond Coeffs # fene\n\n1 30 1.5 1 1\n", "Bond Coeffs are '30 1.5 1 1 fene'"),
        ("\nBond Coeffs\n\n1 300 0.97\n", "Bond Coeffs are '300 0.97'"),
        ("\nPair Coeffs # lj/cut\n\n1 1 1.5\n", "Pair Coeffs"),
        ("\nPair Coeffs # lj/cut\n\n1 1 1 1.122462\n", "Pair Coeffs"),
        ("\nPairIJ Coeffs # morse\n\n1 1 1 1 1\n", "PairIJ Coeffs"),
    ):
        (doubt,) = read_configuration(write(path, data_text(MELT, extra=extra))).doubts
        assert words in doubt
    text = change("1 atom types", "1 atom types\n1 angles\n1 angle types",
                  data_text(MELT, "angle")) + "\nAngles\n\n1 1 1 2 3\n"  # fmt: skip
    assert quiet(write(path, text)).doubts == ("the chains have angles",)
    text = change("\n17 4 1 0.0", "\n17 4 1 0.5", data_text(MELT, "full"))
    assert quiet(write(path, text)).doubts == ("particles carry charges",)
    text = change("\n17 1 1.0", "\n17 1 1.5", data_text(MELT, "sphere"))
    assert quiet(write(path, text)).doubts == ("diameters differ",)
    text = change("\n1 1 1 2\n", "\n1 2 1 2\n", change("1 bond types", "2 bond types"))
    assert quiet(write(path, text)).doubts == ("the bonds are of several types",)
    text = change("\n17 4 1", "\n17 4 2", change("1 atom types", "2 atom types"))
    read = quiet(write(path, text))
    assert read.doubts == ("the particles are of several types",) and read.types[16] == 2
    assert read.remarks == (
        "melt.data holds particles of 2 types (124 of type 1, 1 of type 2): all count alike",
    )
    text = change("\nMasses\n\n1 1.0\n", "", data_text(MELT, bonds=[], extra="\nMasses\n\n1 1.0\n"))
    assert read_configuration(write(path, text)).doubts == ("there are molecules, but no bonds",)
    text = change("a melt", "LAMMPS data file via write_data, timestep = 9, units = real")
    read = quiet(write(path, text))
    assert (read.step, read.unit) == (9, "Å") and "units 'real'" in read.remarks[0]


def test_two_dimensions_and_other_odd_melts(tmp_path):
    path = tmp_path / "melt.data"
    flat = Configuration(MELT.positions * [1, 1, 0], MELT.box, MELT.bonds)
    with pytest.raises(ConfigurationError, match="two-dimensional: z is the same"):
        read_configuration(write(path, data_text(flat)))
    large = Configuration(MELT.positions * 3.4, MELT.box * 3.4, MELT.bonds)
    write(path, data_text(large))
    with pytest.warns(DataWarning) as caught:
        read_configuration(path)
    said = " ".join(str(one.message) for one in caught)
    assert "density is 0.0147" in said and "--sigma 4.08 would make it 1" in said
    assert "sigma long" in said
    assert_is(read_configuration(path, sigma=3.4), MELT)
    bonds = np.concatenate([MELT.bonds, [[0, 62]]])
    with pytest.warns(DataWarning, match="bond between 1 and 63 is"):
        read_configuration(write(path, data_text(MELT, bonds=bonds)))
    for sigma in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ParameterError, match="sigma"):
            read_configuration(path, sigma=sigma)


# -------------------------------------------------------------------------------- LAMMPS dumps
LIQUID = Configuration(MELT.positions, MELT.box)


@pytest.mark.parametrize("columns", [
    "id type x y z", "id type xs ys zs", "y xu id yu zu", "id mol element x y z",
])  # fmt: skip
def test_dump_with_any_columns(tmp_path, columns):
    read = quiet(write(tmp_path / "frames", dump_text(MELT, columns=columns)))
    assert_is(read, LIQUID, atol=1e-8)
    assert read.step == 0 and not read.bonds_told
    assert (read.chains[7], read.types[3]) == (
        2 if "mol" in columns else 0,
        "A" if "element" in columns else 1 if "type" in columns else 0,
    )
    assert read.doubts == (("there are molecules, but no bonds",) if "mol" in columns else ())


def test_unwrapped_far_from_the_box(tmp_path):
    boxes = np.random.default_rng(3).integers(-900, 900, MELT.positions.shape)
    far = Configuration(MELT.positions + MELT.box * boxes, MELT.box)
    path = write(tmp_path / "far.dump", dump_text(far, columns="id type xu yu zu"))
    read = read_configuration(path)
    assert_is(read, LIQUID)
    energies = lammps_energies(
        write(tmp_path / "own.data", data_text(MELT, "atomic")), "atomic", bonded=False
    )
    np.testing.assert_allclose(potential_energy(read.configuration), energies, atol=1e-6)


def test_headers_of_dumps(tmp_path):
    path, text = tmp_path / "melt.dump", dump_text(MELT)
    bounds = "ITEM: BOX BOUNDS pp pp pp\n" + 3 * "0 6.0\n"
    assert_is(read_configuration(write(path, "ITEM: UNITS\nlj\nITEM: TIME\n0.5\n" + text)), LIQUID)
    tilt = "ITEM: BOX BOUNDS xy xz yz pp pp pp\n" + 3 * "0 6.0 0\n"
    assert_is(read_configuration(write(path, change(bounds, tilt, text))), LIQUID)
    general = "ITEM: BOX BOUNDS abc origin pp pp pp\n6 0 0 0\n0 6 0 0\n0 0 6 0\n"
    assert_is(read_configuration(write(path, change(bounds, general, text))), LIQUID)
    # the same box, turned around z and moved
    turn = np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
    turned = dump_text(Configuration(MELT.positions @ turn + [9, 8, 7], MELT.box))
    rows = "\n".join(
        " ".join(map(str, [*row, start]))
        for row, start in zip(6 * turn, (9, 8, 7), strict=True)
    )  # fmt: skip
    general = f"ITEM: BOX BOUNDS abc origin pp pp pp\n{rows}\n"
    assert_is(read_configuration(write(path, change(bounds, general, turned))), LIQUID)
    with pytest.warns(DataWarning, match="does not say whether its box is periodic"):
        assert_is(read_configuration(write(path, change(" pp pp pp", "", text))), LIQUID)
    with pytest.raises(ParameterError, match="atom_style = 'bond': .* is no LAMMPS data file"):
        read_configuration(path, atom_style="bond")
    with pytest.warns(DataWarning, match="units 'metal'"):
        assert read_configuration(write(path, "ITEM: UNITS\nmetal\n" + text)).unit == "Å"
    for old, new, error, words in (
        (bounds, tilt.replace("6.0 0", "6.0 1.5"), ConfigurationError, "triclinic"),
        ("pp pp pp", "pp pp ff", ConfigurationError, "not periodic on all sides"),
        ("pp pp pp", "pp pp", DataError, "is not understood"),
        ("0 6.0\n", "0\n", DataError, "are not whole"),
        ("0 6.0\n", "6.0 0\n", ConfigurationError, "bounds"),
        ("0 6.0\n", "0 inf\n", DataError, "'inf' is not a finite number"),
        ("ATOMS id type", "ATOMS ix type", DataError, "no column id"),
        ("type x y z", "type vx vy vz", DataError, "no column x y z"),
        ("id type x y z", "id id x y z", DataError, "column twice"),
        ("NUMBER OF ATOMS", "NUMBER OF ENTRIES", DataError, "'ITEM: NUMBER OF ENTRIES' is not"),
        ("ITEM: NUMBER OF ATOMS\n125\n", "", DataError, "lacks 'ITEM: NUMBER OF ATOMS'"),
        ("\n125\n", "\n124\n", DataError, "where 'ITEM:' should be|empty|'ITEM:'"),
        ("\n125\n", "\n126\n", DataError, "breaks off: it says 126 particles, 125"),
        ("\n125\n", "\n0\n", DataError, "says 0 particles"),
        ("\n17 1 ", "\n18 1 ", DataError, "particle 18 twice"),
        ("\n17 1 ", "\n17 1 3.0 ", DataError, "has 6 columns"),
        ("\n17 1 ", "\n17.5 1 ", DataError, "'17.5' is not a finite integer"),
    ):
        with pytest.raises(error, match=words) as caught:
            read_configuration(write(path, change(old, new, text)))
        assert "\n" not in str(caught.value) and "melt.dump" in str(caught.value)


def test_frames_of_a_dump(tmp_path):
    moved = Configuration(MELT.positions + 0.25, MELT.box * 1.01)
    path = write(tmp_path / "melt.dump", dump_text(MELT, moved, seed=9))
    data = write(tmp_path / "melt.data", data_text(MELT))
    alone = read_configuration(path, frame=0)
    assert_is(alone, LIQUID)
    assert (alone.frame, alone.frames, alone.step) == (0, 2, 0)
    for frame in (-1, 1):
        last = read_configuration(data, path, frame)
        assert_is(last, Configuration(moved.positions, moved.box, MELT.bonds))
        assert (last.frame, last.step, last.chains[7]) == (1, 100, 2) and last.bonds_told
    assert_is(read_configuration(path, frame=-2), LIQUID)
    for frame in (2, -3):
        with pytest.raises(ParameterError, match=f"frame = {frame}: .*has frames 0 to 1"):
            read_configuration(data, path, frame)
    with pytest.raises(ParameterError, match="has frames 0 to 0"):
        read_configuration(data, frame=1)
    text = path.read_text()
    for cut in (-2000, len(dump_text(MELT)) + 20, len(dump_text(MELT)) + 60):
        write(path, text[:cut])
        with pytest.raises(DataError, match="frame 1 .*breaks off.*--frame 0 takes"):
            read_configuration(path)
        with pytest.warns(DataWarning, match="frame 1 .*breaks off"):
            assert_is(read_configuration(path, frame=0), LIQUID)
    write(path, dump_text(MELT) + dump_text(moved))
    with pytest.warns(DataWarning, match="do not rise: 0 after 0"):
        read_configuration(path)
    fewer = Configuration(MELT.positions[:-1], MELT.box)
    write(path, dump_text(MELT, fewer, fewer))
    with pytest.warns(DataWarning, match=r"125 in frame 0, 124 in frame 1 \(step 100\)"):
        assert len(read_configuration(path).ids) == 124
    for other, words in ((fewer, "124 particles, melt.data has 125"),
                         (LIQUID, "has no particle 51, melt.data has one")):  # fmt: skip
        ids = GAPS if len(other) == 125 else None
        with pytest.raises(DataError, match=words):
            read_configuration(data, write(path, dump_text(other, ids=ids)))
    write(path, dump_text(MELT, columns="type x y z"))
    with pytest.raises(DataError, match="no column id .*dump custom"):
        read_configuration(data, path)
    write(path, gzip.compress(text.encode()))
    assert read_configuration(path).step == 100


def test_matched_by_id_with_gaps(tmp_path):
    data = write(tmp_path / "melt.data", data_text(MELT, ids=GAPS, seed=3))
    dump = write(tmp_path / "melt.dump", dump_text(MELT, ids=GAPS, columns="id type q x y z"))
    read = read_configuration(data, dump)
    assert_is(read, MELT, ids=GAPS)
    assert read.doubts == ("particles carry charges",) and read.ids[50] == 101
    for columns, remarks in (("id element x y z", ()), ("id type x y z", ("the types in melt.dump"
                             " are not those of melt.data",))):  # fmt: skip
        text = dump_text(MELT, ids=GAPS, columns=columns).replace("\n101 1 ", "\n101 2 ")
        read = quiet(data, write(dump, text))
        assert read.remarks[-1:] == remarks and read.types[0] == 1


# ------------------------------------------------------------------------------ other formats
def test_xyz(tmp_path):
    path, data = tmp_path / "melt.xyz", write(tmp_path / "melt.data", data_text(MELT))
    assert_is(read_configuration(write(path, xyz_text(MELT, CUBE))), LIQUID)
    assert_is(read_configuration(write(tmp_path / "frames", xyz_text(MELT, CUBE))), LIQUID)
    plain = write(path, 2 * xyz_text(MELT, "Atoms. Timestep: 40"))
    with pytest.raises(ConfigurationError, match="no periodic box.*melt.data -t melt.xyz"):
        read_configuration(plain)
    with pytest.warns(DataWarning) as caught:
        read = read_configuration(data, plain)
    said = " ".join(str(one.message) for one in caught)
    assert "has no ids: its particles are taken in the order of the ids of melt.data" in said
    assert "names no box: that of melt.data" in said and "do not rise" in said
    assert_is(read, MELT)
    assert (read.step, read.frame) == (40, 1)
    columns = "Properties=id:I:1:mol:I:1:species:S:1:pos:R:3"
    rows = "\n".join(f"{9 - k} 1 B {k} {k} {k % 2}" for k in range(3))
    read = quiet(write(path, f'3\n{columns} Lattice="4 0 0 0 4 0 0 0 4" Origin="1 0 0"\n{rows}\n'))
    assert read.ids.tolist() == [7, 8, 9] and read.configuration.positions[0, 0] == 1
    assert read.types.tolist() == 3 * ["B"]
    for comment, error, words in (
        (CUBE.replace("6 0 0 0 6", "6 1 0 0 6"), ConfigurationError, "triclinic"),
        (CUBE.replace("T T T", "T T F"), ConfigurationError, "not periodic"),
        (CUBE.replace("0 6", "6"), DataError, "numbers instead of 9"),
        (CUBE + " Properties=species:S:1:force:R:3", DataError, "no 'pos:R:3'"),
        (CUBE + " Properties=species:S:1:pos:R:3:q:R:1", DataError, "4 columns"),
    ):
        with pytest.raises(error, match=words):
            read_configuration(write(path, xyz_text(MELT, comment)))


@pytest.mark.filterwarnings("ignore")
def test_formats_that_mdanalysis_reads(tmp_path):
    universe = MDAnalysis.Universe.empty(
        125, n_residues=25, atom_resindex=np.arange(125) // 5, trajectory=True
    )
    universe.add_TopologyAttr("names", 125 * ["A"])
    universe.add_TopologyAttr("resids", np.arange(1, 26))
    universe.atoms.positions = MELT.positions * 3.4
    universe.dimensions = [*MELT.box * 3.4, 90, 90, 90]
    gro, dcd = tmp_path / "melt.gro", tmp_path / "melt.dcd"
    universe.atoms.write(gro)
    read = quiet(gro, sigma=3.4)
    assert_is(read, LIQUID, atol=0.005)
    assert read.unit == "Å" and read.doubts == ("there are molecules, but no bonds",)
    assert any("density" in remark for remark in quiet(gro).remarks)
    data = write(tmp_path / "melt.data", data_text(MELT))
    assert_is(quiet(gro, write(tmp_path / "a.dump", dump_text(MELT))), LIQUID)
    universe.atoms.positions = MELT.positions
    universe.dimensions = [*MELT.box, 90, 90, 90]
    universe.atoms.write(dcd)
    with pytest.warns(DataWarning, match="melt.dcd has no ids"):
        read = read_configuration(data, dcd)
    assert_is(read, MELT, atol=1e-6)
    universe.atoms.positions = MELT.positions + 9000
    universe.atoms.write(dcd)
    with pytest.warns(DataWarning, match="single precision: coordinates are good to 0.001"):
        read_configuration(data, dcd)
    with pytest.raises(DataError, match="cannot read it"):
        read_configuration(write(tmp_path / "melt.abc", "1 2 3\n"))
    with pytest.raises(DataError, match="there is no file"):
        read_configuration(data, tmp_path / "none.dcd")


# ----------------------------------------------------------------------------------- mutations
@pytest.mark.parametrize("kind", ["data", "hybrid", "dump", "pair", "packed", "xyz", "gro"])
@pytest.mark.filterwarnings("ignore")
def test_a_sample_of_mutations(tmp_path, kind):
    """The whole of it: ``python tests/store/reading_mutations.py FILE …``."""
    moved = Configuration(MELT.positions + 0.25, MELT.box * 1.01)
    data = write(tmp_path / "melt.data", data_text(MELT, extra="\nMasses\n\n1 1.0\n", seed=4))
    dump = write(tmp_path / "melt.dump", dump_text(MELT, moved, columns="id mol type x y z"))
    if kind == "hybrid":
        write(data, data_text(MELT, "hybrid bond sphere", ids=GAPS, flags=True))
    xyz = write(tmp_path / "melt.xyz", xyz_text(MELT, CUBE))
    rows = "".join(
        f"{k // 5 + 1:5d}PEN      A{k + 1:5d}" + "".join(f"{x:8.3f}" for x in place) + "\n"
        for k, place in enumerate(MELT.positions)
    )
    gro = write(tmp_path / "melt.gro", f"melt\n125\n{rows}" + 3 * f"{6:10.5f}" + "\n")
    packed = write(tmp_path / "melt.dump.gz", gzip.compress(dump.read_bytes(), mtime=0))
    files = {
        "data": [data], "hybrid": [data], "dump": [dump], "pair": [data, dump],
        "packed": [packed], "xyz": [xyz], "gro": [gro],
    }  # fmt: skip
    found = []
    every = 3 if kind == "packed" else 13
    counts = count(files[kind], every=every, show=found.append)
    assert not found and counts.total() > 50
    assert all(word in GOOD for _, word in counts)
    how = {"read": table_of, "outcome": outcome_of_table}
    counts = count(files[kind], every=23 * every, show=found.append, **how)
    assert not found and all(word in GOOD for _, word in counts)

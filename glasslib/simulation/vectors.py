"""The vector words in which the pair forces in mixed precision are written.

A processor has registers that hold sixteen single-precision numbers and adds or multiplies all of
them in one instruction. Compilers use them in plain loops, but not in this one: neighbours lie
scattered in memory, four numbers each, and the forces go back there. With plain loops in numba the
new forces were 1.7 times as fast as those in double precision, with the words below 3.3 times. A
word is a piece of a compiled loop, written by :mod:`llvmlite` where numba meets its name: no
compiler is called, no processor is named, and where registers are shorter LLVM splits each vector
in parts. Sums are written out term by term, so every run and every process gives the same bits. To
understand the physics it is enough to read what each word does (its docstring, and its twin in
numpy in ``tests/simulation/test_vectors.py``); :mod:`glasslib.simulation.mixed_forces` uses them.

Coordinates are rows of four int32, of which the fourth is not used: x, y and z in units in which
the periodic box is 2³² long. Differences wrap around by themselves to the nearest image.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "LANES", "ROW", "boxes_in_reach", "gather", "pairs_of_groups", "pairs_of_two", "scatter",
    "sort_near", "take_near",
]  # fmt: skip

#: Numbers in a vector.
LANES = 16
#: Distance between the rows of a buffer in which a list is gathered. It is an odd multiple of a
#: vector, so that the three rows do not compete for the same lines of the cache.
ROW = 33 * LANES

_I1, _I16, _I32, _I64, _F32 = *map(ir.IntType, (1, 16, 32, 64)), ir.FloatType()
#: Multiplication and addition may be one instruction; nothing may be reordered.
_FLAGS = ("contract", "nsz")


def _vector(kind, length=LANES):
    return ir.VectorType(kind, length)


class _Writer:
    """Writes vector instructions where a word stands; one for each use of a word."""

    def __init__(self, context, builder, signature, arguments):
        self.b = builder
        self.args = [
            context.make_array(kind)(context, builder, value).data
            if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args, arguments, strict=True)
        ]

    # Numbers and memory.
    def number(self, value, kind=_I64):
        return ir.Constant(kind, value)

    def all(self, value, length=LANES):
        """Return a vector that holds one number, known now or when it runs, in each lane."""
        if isinstance(value, float):
            return ir.Constant(_vector(_F32, length), [ir.Constant(_F32, value)] * length)
        one = self.b.insert_element(
            ir.Constant(_vector(value.type, length), ir.Undefined), value, self.number(0, _I32)
        )
        return self.mix(one, None, [0] * length)

    def place(self, array, index, kind):
        return self.b.gep(self.b.bitcast(array, kind.as_pointer()), [index])

    def load(self, array, index, kind, length=None, align=4):
        place = self.place(array, index, kind)
        if length:
            place = self.b.bitcast(place, _vector(kind, length).as_pointer())
        return self.b.load(place, align=align)

    def store(self, value, array, index, align=4):
        place = self.place(array, index, value.type.element)
        self.b.store(value, self.b.bitcast(place, value.type.as_pointer()), align=align)

    def row(self, array, index, kind=_I32):
        """Load a row of four: x, y, z and one that is not used."""
        return self.load(array, self.b.shl(index, self.number(2)), kind, 4, 16)

    def add_to_row(self, value, array, index):
        index = self.b.shl(index, self.number(2))
        old = self.load(array, index, _F32, 4, 16)
        self.store(self.b.fadd(old, value), array, index, 16)

    def entry(self, listed, index):
        """Return the number that stands in a list."""
        return self.b.zext(self.load(listed, index, _I32), _I64)

    # Arithmetic.
    def mul(self, a, b):
        return self.b.fmul(a, b, flags=_FLAGS)

    def add(self, a, b):
        return self.b.fadd(a, b, flags=_FLAGS)

    def sub(self, a, b):
        return self.b.fsub(a, b, flags=_FLAGS)

    def mul_add(self, a, b, c):
        """a b + c."""
        return self.call("llvm.fmuladd", a.type, a, b, c)

    def real(self, whole):
        return self.b.sitofp(whole, _vector(_F32, whole.type.count))

    def mix(self, a, b, lanes):
        """Pick lanes of a (from 0) and of b (after those of a)."""
        b = ir.Constant(a.type, ir.Undefined) if b is None else b
        return self.b.shuffle_vector(a, b, ir.Constant(_vector(_I32, len(lanes)), lanes))

    def call(self, name, returns, *arguments):
        """Call an operation of LLVM on vectors; its full name ends with the kind of the first."""
        kind = arguments[0].type
        suffix = f"v{kind.count}{'f' if kind.element == _F32 else 'i'}{_bits(kind.element)}" if (
            isinstance(kind, ir.VectorType)) else f"i{kind.width}"
        function = cgutils.get_or_insert_function(
            self.b.module, ir.FunctionType(returns, [one.type for one in arguments]),
            f"{name}.{suffix}",
        )
        return self.b.call(function, arguments)

    def keep(self, numbers, mask, array, index):
        """Store the numbers whose mask is set, one behind the other; return the index after."""
        packed = self.call(
            "llvm.experimental.vector.compress", numbers.type, numbers, mask,
            ir.Constant(numbers.type, ir.Undefined),
        )
        self.store(packed, array, index)
        count = self.call("llvm.ctpop", _I16, self.b.bitcast(mask, _I16))
        return self.b.add(index, self.b.zext(count, _I64))

    def loop(self, start, stop, step, state, body):
        """Write ``for k in range(start, stop, step): state = body(k, state)``."""
        b, before = self.b, self.b.block
        head, inside, after = (b.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        k, values = b.phi(_I64), [b.phi(one.type) for one in state]
        b.cbranch(b.icmp_signed("<", k, stop), inside, after)
        b.position_at_end(inside)
        last = [b.add(k, self.number(step)), *body(k, values)]
        b.branch(head)
        for phi, first, again in zip([k, *values], [start, *state], last, strict=True):
            phi.add_incoming(first, before)
            phi.add_incoming(again, b.block)
        b.position_at_end(after)
        return values

    # Rows of four against vectors of sixteen.
    def columns(self, rows):
        """Turn 16 rows (x, y, z, –) into the three vectors of all x, all y and all z."""
        double = lambda a, b: self.mix(a, b, list(range(2 * a.type.count)))  # noqa: E731
        quads = [double(double(rows[m], rows[m + 4]), double(rows[m + 8], rows[m + 12]))
                 for m in range(4)]
        low = [self.mix(quads[m], quads[m + 1], _LOW) for m in (0, 2)]
        high = [self.mix(quads[m], quads[m + 1], _HIGH) for m in (0, 2)]
        return self.mix(*low, _FIRST), self.mix(*low, _SECOND), self.mix(*high, _FIRST)

    def rows(self, x, y, z):
        """Turn three vectors into 16 rows (x, y, z, 0)."""
        zero = self.all(0.0)
        low, high = ([self.mix(x, y, lanes), self.mix(z, zero, lanes)] for lanes in (_LOW, _HIGH))
        quads = [self.mix(*low, _FIRST), self.mix(*low, _SECOND),
                 self.mix(*high, _FIRST), self.mix(*high, _SECOND)]
        return [self.mix(quads[r % 4], None, list(range(r // 4 * 4, r // 4 * 4 + 4)))
                for r in range(LANES)]

    def listed_rows(self, q, listed, index):
        """Load the rows of 16 entries of a list."""
        return [self.row(q, self.entry(listed, self.b.add(index, self.number(r))))
                for r in range(LANES)]

    def sum_to_row(self, x, y, z, array, index):
        """Add the sums over the lanes of x, y and z to a row."""
        halves = [self.add(self.mix(a, None, list(range(8))), self.mix(a, None, list(range(8, 16))))
                  for a in (x, y, z)]
        quarters = [self.add(self.mix(a, None, [0, 1, 2, 3]), self.mix(a, None, [4, 5, 6, 7]))
                    for a in halves]
        pairs = [self.add(self.mix(a, b, [0, 4, 1, 5]), self.mix(a, b, [2, 6, 3, 7]))
                 for a, b in (quarters[:2], (quarters[2], self.all(0.0, 4)))]
        row = self.add(self.mix(*pairs, [0, 1, 4, 5]), self.mix(*pairs, [2, 3, 6, 7]))
        self.add_to_row(row, array, index)

    # Lennard-Jones.
    def lennard_jones(self, differences, unit, cutoff):
        """Return u⁴ (u³ − ½), u = 1/r², of several vectors of pairs; 0 beyond the cutoff.

        Times 48 and the difference it is the force. ``unit`` is σ² and ``cutoff`` r_c², both in
        units of the coordinates. The vectors are taken step by step together, so that one waits
        for no other.
        """
        r2 = [self.mul(x, x) for x, _, _ in differences]
        r2 = [self.mul_add(y, y, r) for r, (_, y, _) in zip(r2, differences, strict=True)]
        r2 = [self.mul_add(z, z, r) for r, (_, _, z) in zip(r2, differences, strict=True)]
        u = [self.b.fdiv(unit, r, flags=_FLAGS) for r in r2]
        u2 = [self.mul(a, a) for a in u]
        u3 = [self.mul(a, b) for a, b in zip(u2, u, strict=True)]
        u4 = [self.mul(a, a) for a in u2]
        f = [self.mul(a, self.sub(b, self.all(0.5))) for a, b in zip(u4, u3, strict=True)]
        return [self.b.select(self.b.fcmp_ordered("<", r, cutoff), a, self.all(0.0))
                for r, a in zip(r2, f, strict=True)]


def _bits(kind):
    return 32 if kind == _F32 else kind.width


_LOW = [k for g in range(0, 16, 4) for k in (g, 16 + g, g + 1, 17 + g)]
_HIGH = [k + 2 for k in _LOW]
_FIRST = [k for g in range(0, 16, 4) for k in (g, g + 1, 16 + g, 17 + g)]
_SECOND = [k + 2 for k in _FIRST]


@intrinsic
def gather(typing, q, listed, begin, length, places, pushes):
    """Copy the coordinates of ``listed[begin : begin + length]`` into the rows of ``places``.

    ``length`` is a multiple of 16. The same part of ``pushes`` is set to zero.
    """
    signature = types.void(q, listed, types.int64, types.int64, places, pushes)

    def generate(context, builder, signature, arguments):
        w = _Writer(context, builder, signature, arguments)
        q, listed, begin, length, places, pushes = w.args

        def body(k, _):
            rows = w.listed_rows(q, listed, w.b.add(begin, k))
            for d, column in enumerate(w.columns(rows)):
                at = w.b.add(k, w.number(d * ROW))
                w.store(column, places, at, 64)
                w.store(w.all(0.0), pushes, at, 64)
            return []

        w.loop(w.number(0), length, LANES, [], body)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def scatter(typing, pushes, listed, begin, length, f):
    """Add the rows of ``pushes`` to the rows ``listed[begin : begin + length]`` of ``f``."""
    signature = types.void(pushes, listed, types.int64, types.int64, f)

    def generate(context, builder, signature, arguments):
        w = _Writer(context, builder, signature, arguments)
        pushes, listed, begin, length, f = w.args

        def body(k, _):
            columns = [w.load(pushes, w.b.add(k, w.number(d * ROW)), _F32, LANES, 64)
                       for d in range(3)]
            for r, row in enumerate(w.rows(*columns)):
                at = w.b.add(w.b.add(begin, k), w.number(r))
                w.add_to_row(row, f, w.entry(listed, at))
            return []

        w.loop(w.number(0), length, LANES, [], body)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def pairs_of_two(typing, q, i, places, pushes, first, last, unit, cutoff, f):
    """Sum the forces between monomers i, i + 1 and the gathered ones from ``first`` to ``last``.

    Both ends are multiples of 16. Forces on i and i + 1 are added to ``f``, those on the gathered
    ones to ``pushes``, in units of 48 ε/σ² times that of the coordinates.
    """
    signature = types.void(
        q, types.int64, places, pushes, types.int64, types.int64, types.float32, types.float32, f
    )

    def generate(context, builder, signature, arguments):
        w = _Writer(context, builder, signature, arguments)
        q, i, places, pushes, first, last, unit, cutoff, f = w.args
        unit, cutoff = w.all(unit), w.all(cutoff)
        two = (i, w.b.add(i, w.number(1)))
        own = [[w.mix(w.row(q, one), None, [d] * LANES) for d in range(3)] for one in two]

        def body(k, sums):
            at = [w.b.add(k, w.number(d * ROW)) for d in range(3)]
            place = [w.load(places, one, _I32, LANES, 64) for one in at]
            push = [w.load(pushes, one, _F32, LANES, 64) for one in at]
            ways = [[w.real(w.b.sub(a, b)) for a, b in zip(one, place, strict=True)]
                    for one in own]
            sums = list(sums)
            for m, s in enumerate(w.lennard_jones(ways, unit, cutoff)):
                for d in range(3):
                    sums[3 * m + d] = w.mul_add(s, ways[m][d], sums[3 * m + d])
                    push[d] = w.mul_add(w.b.fneg(s), ways[m][d], push[d])
            for one, value in zip(at, push, strict=True):
                w.store(value, pushes, one, 64)
            return sums

        sums = w.loop(first, last, LANES, [w.all(0.0)] * 6, body)
        for m, one in enumerate(two):
            w.sum_to_row(*sums[3 * m : 3 * m + 3], f, one)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def pairs_of_groups(typing, q, i, unit, cutoff, f):
    """Add to ``f`` the forces within two groups of eight, from i and from i + 8 on."""
    signature = types.void(q, types.int64, types.float32, types.float32, f)

    def generate(context, builder, signature, arguments):
        w = _Writer(context, builder, signature, arguments)
        q, i, unit, cutoff, f = w.args
        index = [w.b.add(i, w.number(r)) for r in range(LANES)]
        x = w.columns([w.row(q, one) for one in index])

        def turned(a, turn):  # the lanes of each group, turned by so many
            return w.mix(a, None, [lane // 8 * 8 + (lane + turn) % 8 for lane in range(LANES)])

        turns = (1, 2, 3, 4)
        ways = [[w.real(w.b.sub(a, turned(a, turn))) for a in x] for turn in turns]
        total = [w.all(0.0)] * 3
        factors = w.lennard_jones(ways, w.all(unit), w.all(cutoff))
        for turn, s, way in zip(turns, factors, ways, strict=True):
            for d in range(3):
                force = w.mul(s, way[d])
                total[d] = w.add(total[d], force)
                if turn < 4:  # by four both ways are the same pair, seen from either end
                    total[d] = w.sub(total[d], turned(force, -turn))
        for one, row in zip(index, w.rows(*total), strict=True):
            w.add_to_row(row, f, one)
        return context.get_dummy_value()

    return signature, generate


def _near(w, q, i, listed, first, last, n, square, state, sort):
    """Loop over a list; ``sort(numbers, near the first four, near the last four, state)``."""
    square = w.all(square)
    lanes = ir.Constant(_vector(_I32), list(range(LANES)))
    n = w.all(w.b.trunc(n, _I32))
    own = w.b.shl(i, w.number(2))

    def body(k, state):
        x = w.columns(w.listed_rows(q, listed, k))
        near = []
        for four in (range(4), range(4, 8)):
            least = None
            for a in four:
                place = [w.load(q, w.b.add(own, w.number(4 * a + c)), _I32) for c in range(3)]
                d = [w.real(w.b.sub(b, w.all(one))) for one, b in zip(place, x, strict=True)]
                r2 = w.mul_add(d[2], d[2], w.mul_add(d[1], d[1], w.mul(d[0], d[0])))
                least = r2 if least is None else w.b.select(
                    w.b.fcmp_ordered("<", r2, least), r2, least)
            near.append(w.b.fcmp_ordered("<", least, square))
        numbers = w.load(listed, k, _I32, LANES)
        rest = w.all(w.b.trunc(w.b.sub(last, k), _I32))
        there = w.b.and_(w.b.icmp_signed("<", lanes, rest), w.b.icmp_signed("<", numbers, n))
        return sort(numbers, *(w.b.and_(one, there) for one in near), state)

    return w.loop(first, last, LANES, state, body)


@intrinsic
def take_near(typing, q, i, listed, first, last, n, square, out, begin):
    """Copy what of ``listed[first:last]`` is near to one of the eight monomers from i on.

    Near is a squared distance below ``square``, in units of the coordinates; numbers from ``n`` on
    are left out. Written to ``out`` from ``begin`` on, and up to 15 numbers without meaning behind.
    Returns how many.
    """
    signature = types.int64(
        q, types.int64, listed, types.int64, types.int64, types.int64, types.float32, out,
        types.int64,
    )

    def generate(context, builder, signature, arguments):
        w = _Writer(context, builder, signature, arguments)
        q, i, listed, first, last, n, square, out, begin = w.args

        def sort(numbers, near, also, state):
            return [w.keep(numbers, w.b.or_(near, also), out, state[0])]

        (end,) = _near(w, q, i, listed, first, last, n, square, [begin], sort)
        return w.b.sub(end, begin)

    return signature, generate


@intrinsic
def sort_near(typing, q, i, listed, first, last, n, square, out, begin, spare):
    """Copy what is near as :func:`take_near` does, in three parts.

    Near the first four of the eight alone: to ``out`` from ``begin`` on. Near some of the first and
    of the last four: to the first half of ``spare``. Near the last four alone: to its second half,
    from ``2 ROW`` on. Returns the three numbers as n₁ + 2¹⁶ n₂ + 2³² n₃.
    """
    signature = types.int64(
        q, types.int64, listed, types.int64, types.int64, types.int64, types.float32, out,
        types.int64, spare,
    )

    def generate(context, builder, signature, arguments):
        w = _Writer(context, builder, signature, arguments)
        q, i, listed, first, last, n, square, out, begin, spare = w.args
        start = [begin, w.number(0), w.number(2 * ROW)]

        def sort(numbers, near, also, state):
            every = ir.Constant(_vector(_I1), [1] * LANES)
            masks = [w.b.and_(near, w.b.xor(also, every)), w.b.and_(near, also),
                     w.b.and_(also, w.b.xor(near, every))]
            return [w.keep(numbers, mask, array, at) for mask, array, at in
                    zip(masks, (out, spare, spare), state, strict=True)]

        ends = _near(w, q, i, listed, first, last, n, square, start, sort)
        packed = w.number(0)
        for m, (end, begun) in enumerate(zip(ends, start, strict=True)):
            packed = w.b.or_(packed, w.b.shl(w.b.sub(end, begun), w.number(16 * m)))
        return packed

    return signature, generate


@intrinsic
def boxes_in_reach(typing, middle, half, g, groups, row, unit, square, out):
    """Write the numbers of the groups after g whose bounding box is in reach of that of g.

    ``middle``, int32 coordinates, and ``half``, the half edges in σ, have three rows, ``row``
    numbers apart; ``unit`` is that of the coordinates in σ, ``square`` the squared reach in σ².
    Returns how many were written.
    """
    signature = types.int64(
        middle, half, types.int64, types.int64, types.int64, types.float32, types.float32, out
    )

    def generate(context, builder, signature, arguments):
        w = _Writer(context, builder, signature, arguments)
        middle, half, g, groups, row, unit, square, out = w.args
        unit, square, last = w.all(unit), w.all(square), w.all(w.b.trunc(groups, _I32))
        rows = [w.b.mul(row, w.number(d)) for d in range(3)]
        own = [w.all(w.load(middle, w.b.add(one, g), _I32)) for one in rows]
        wide = [w.all(w.load(half, w.b.add(one, g), _F32)) for one in rows]
        lanes = ir.Constant(_vector(_I32), list(range(LANES)))

        def body(h, state):
            gap = None
            for one, place, edge in zip(rows, own, wide, strict=True):
                at = w.b.add(one, h)
                way = w.real(w.b.sub(w.load(middle, at, _I32, LANES), place))
                way = w.mul(w.call("llvm.fabs", way.type, way), unit)
                way = w.sub(w.sub(way, w.load(half, at, _F32, LANES)), edge)
                way = w.b.select(w.b.fcmp_ordered(">", way, w.all(0.0)), way, w.all(0.0))
                gap = w.mul(way, way) if gap is None else w.mul_add(way, way, gap)
            numbers = w.b.add(lanes, w.all(w.b.trunc(h, _I32)))
            near = w.b.and_(
                w.b.fcmp_ordered("<", gap, square), w.b.icmp_signed("<", numbers, last)
            )
            return [w.keep(numbers, near, out, state[0])]

        (count,) = w.loop(w.b.add(g, w.number(1)), groups, LANES, [w.number(0)], body)
        return count

    return signature, generate

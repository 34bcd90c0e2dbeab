"""Diagonals, and blocks on them."""

from case import case, x

X = x(4, 6)

CASES = [
    case("diag_embed.default", x(2, 4)),
    case("diag_embed.default", x(2, 4), -1, 0, 2, variant="below, of other axes"),
    case("diag.default", x(4), 1),
    case("diag.default", X, -1, variant="of a matrix"),
    case("diagonal_copy.default", x(2, 4, 4), 0, 1, 2),
    case("diagonal_scatter.default", X, x(4)),
    case("trace.default", X),
    case("block_diag.default", [x(2, 3), x(4, 5), x(6)]),
]

"""Tensors of fewer axes side by side, and parts of one size."""

from case import case, given, x

X = x(4, 6)
CUBE = x(2, 4, 6)

CASES = [
    case("atleast_1d.default", X),
    case("atleast_1d.default", given(), variant="of a number"),
    case("atleast_1d.Sequence", [X, given()]),
    case("atleast_2d.default", x(4)),
    case("atleast_2d.Sequence", [x(4), X]),
    case("atleast_3d.default", X),
    case("atleast_3d.default", x(4), variant="of a vector"),
    case("atleast_3d.Sequence", [given(), x(4)]),
    case("column_stack.default", [x(4), x(4, 2)]),
    case("dstack.default", [X, X]),
    case("row_stack.default", [x(6), X]),
    case("hsplit.int", X, 2),
    case("hsplit.int", x(6), 2, variant="of a vector"),
    case("hsplit.array", X, [2, 3]),
    case("vsplit.int", X, 2),
    case("vsplit.array", X, [1]),
    case("dsplit.int", CUBE, 3),
    case("dsplit.array", CUBE, [4]),
    case("cartesian_prod.default", [x(4), x(6)]),
    case("cartesian_prod.default", [x(4)], variant="of one"),
]

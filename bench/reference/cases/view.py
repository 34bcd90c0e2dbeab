"""Other shapes of the same memory, and copies."""

from case import case, given, x

X = x(2, 4, 6)
TURNED = x(2, 6, 4).permuted(0, 2, 1)
SQUARE = x(4, 6)

CASES = [
    case("view.default", X, [2, 24]),
    case("view_copy.default", X, [2, 24]),
    case("_unsafe_view.default", X, [2, 24]),
    case("_reshape_alias.default", X, [2, 24], [24, 1]),
    case("reshape.default", X, [2, 24]),
    case("reshape.default", TURNED, [2, 24], variant="of turned axes"),
    case("reshape_as.default", X, given(2, 24)),
    case("view_as.default", X, given(2, 24)),
    case("flatten.using_ints", X, 1),
    case("flatten.using_ints", TURNED, 1, variant="of turned axes"),
    case("unflatten.int", X, 1, [2, 2]),
    case("expand.default", x(2, 1, 6), [2, 4, 6]),
    case("expand_copy.default", x(2, 1, 6), [2, 4, 6]),
    case("broadcast_to.default", x(2, 1, 6), [2, 4, 6]),
    case("expand_as.default", x(2, 1, 6), given(2, 4, 6)),
    case("transpose.int", X, 1, 2),
    case("transpose_copy.int", X, 1, 2),
    case("swapaxes.default", X, 1, 2),
    case("swapdims.default", X, 1, 2),
    case("t.default", SQUARE),
    case("t_copy.default", SQUARE),
    case("mT.default", X),
    case("numpy_T.default", SQUARE),
    case("matrix_H.default", SQUARE),
    case("permute.default", X, [0, 2, 1]),
    case("permute_copy.default", X, [0, 2, 1]),
    case("movedim.int", X, 1, 2),
    case("unsqueeze.default", X, 1),
    case("unsqueeze_copy.default", X, 1),
    case("squeeze.dim", x(2, 1, 6), 1),
    case("squeeze.default", x(2, 1, 6)),
    case("squeeze.dim", X, 1, variant="of more than one"),
    case("squeeze_copy.dim", x(2, 1, 6), 1),
    case("alias.default", X),
    case("alias_copy.default", X),
    case("lift_fresh_copy.default", X),
    case("lift.default", X),
    case("detach.default", X),
    case("detach_.default", X),
    case("detach_copy.default", X),
    case("contiguous.default", X),
    case("contiguous.default", TURNED, variant="of turned axes"),
    case("clone.default", X),
    case("unfold.default", X, 2, 3, 1),
]

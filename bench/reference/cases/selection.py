"""Elements that are joined, chosen, moved and repeated."""

from typing import Any

from case import Operand, bools, case, first, given, ints, p, x

X = x(4, 6)


def bags(mode: int, weights: Operand | None = None, *, is_last: bool = False, variant: str = "") -> Any:
    """Eight embeddings in three bags."""
    call = case(
        "embedding_bag.padding_idx", p(10, 6), ints(8), ints(3), False, mode, False, weights, is_last, None
    )
    return first(call, variant)


CASES = [
    case("cat.default", [X, x(4, 2)], 1),
    case("concat.default", [X, X], 1),
    case("stack.default", [X, X], 1),
    case("embedding.default", p(10, 6), ints(2, 3)),
    bags(0),
    bags(1, variant="of means"),
    bags(2, variant="of maxima"),
    bags(0, x(8), variant="of weighted ones"),
    bags(0, is_last=True, variant="with the last offset"),
    first(case("_embedding_bag.default", p(10, 6), ints(8), ints(3))),
    case("index_select.default", X, 0, ints(5)),
    case("index.Tensor", X, [ints(5)]),
    case("index.Tensor", X, [None, ints(5)], variant="of columns"),
    case("index.Tensor", X, [ints(5), ints(5)], variant="of elements"),
    case("_unsafe_index.Tensor", X, [ints(5)]),
    case("index_put.default", X, [ints(5)], x(5, 6)),
    case("index_put_.default", X, [ints(5)], x(5, 6)),
    case("index_put.default", X, [ints(5)], x(5, 6), True, variant="added"),
    case("_unsafe_index_put.default", X, [ints(5)], x(5, 6)),
    case("gather.default", X, 1, ints(4, 2)),
    case("masked_scatter.default", X, bools(4, 6), x(4, 6)),
    case("hstack.default", [X, X]),
    case("vstack.default", [x(6), x(6)]),
    case("index_add.default", X, 0, ints(3), x(3, 6)),
    case("concatenate.default", [X, X], 1),
    case("scatter.src", X, 1, ints(4, 2), x(4, 2)),
    case("scatter_.src", X, 1, ints(4, 2), x(4, 2)),
    case("scatter.value", X, 1, ints(4, 2), 1.0),
    case("scatter_add.default", X, 1, ints(4, 2), x(4, 2)),
    case("scatter_reduce.two", X, 1, ints(4, 2), x(4, 2), "sum"),
    case("tril.default", X),
    case("triu.default", X),
    case("one_hot.default", ints(2, 3), 10),
    case("take_along_dim.default", X, ints(4, 2), 1),
    case("take_along_dim.default", X, ints(1, 2), 1, variant="stretched"),
    case("take_along_dim.default", X, ints(2, 3), variant="of all"),
    case("bucketize.Tensor", X, given(5)),
    case("searchsorted.Tensor", given(5), X),
    case("rot90.default", X),
    case("rot90.default", X, 2, [0, 1], variant="twice"),
    case("rot90.default", x(2, 4, 6), -1, [1, 2], variant="back"),
    case("rot90.default", X, 4, variant="round"),
    case("fliplr.default", X),
    case("flipud.default", X),
    case("tril_indices.default", 4, 6, -1),
    case("triu_indices.default", 4, 6, 1),
    case("triu_indices.default", 6, 4, -2, variant="of many rows"),
    case("roll.default", X, [1], [1]),
    case("flip.default", X, [1]),
    case("repeat.default", X, [2, 1]),
    case("repeat.default", X, [3, 1, 2], variant="with an axis more"),
    case("tile.default", X, [2, 2]),
    case("repeat_interleave.self_int", X, 2, 1),
    case("repeat_interleave.self_int", X, 2, variant="of all"),
    case("diff.default", X, 1, 1),
    case("diff.default", X, 1, 1, given(4, 1), variant="with what comes first"),
]

"""Elements by where they stand, and distances."""

from case import case, given, ints, x

X = x(4, 6)
TURNED = x(6, 4).permuted(1, 0)

CASES = [
    case("index_fill.int_Scalar", X, 1, ints(3), 2.0),
    case("index_fill_.int_Scalar", X, 1, ints(3), 2.0),
    case("index_fill.int_Scalar", TURNED, 1, ints(3), 2.0, variant="of turned axes"),
    case("index_copy.default", X, 0, ints(3), x(3, 6)),
    case("index_copy_.default", X, 0, ints(3), x(3, 6)),
    case("index_copy.default", X, 0, ints(3), given(3, 6), variant="of the batch"),
    case("take.default", X, ints(2, 3)),
    case("channel_shuffle.default", x(2, 6, 3, 4), 2),
    case("channel_shuffle.default", x(2, 3, 4, 6).permuted(0, 3, 1, 2), 2, variant="channels last"),
    case("max_unpool2d.default", x(2, 4, 4, 4), ints(2, 4, 4, 4), [8, 8]),
    case("max_unpool2d.default", x(4, 4, 4), ints(4, 4, 4), [9, 8], variant="without a batch"),
    case("max_unpool3d.default", x(2, 4, 4, 4, 4), ints(2, 4, 4, 4, 4), [8, 8, 8], [2, 2, 2], [0, 0, 0]),
    case("affine_grid_generator.default", x(2, 2, 3), [2, 4, 5, 6], False),
    case("affine_grid_generator.default", x(2, 3, 4), [2, 4, 5, 6, 7], False, variant="of a volume"),
    case("dist.default", X, x(4, 6)),
    case("dist.default", X, x(6), 1, variant="of order 1"),
    case("pdist.default", X),
    case("pdist.default", TURNED, variant="of turned axes"),
    case("_pdist_forward.default", X),
]

"""Parts of tensors."""

from case import case, x

X = x(4, 6)

CASES = [
    case("slice.Tensor", X, 1, 1, 5, 2),
    case("slice_copy.Tensor", X, 1, 1, 5),
    case("narrow.default", X, 1, 1, 3),
    case("select.int", X, 1, 2),
    case("select_copy.int", X, 1, 2),
    case("split.Tensor", X, 4, 1),
    case("split.sizes", X, [2, 4], 1),
    case("split_copy.Tensor", X, 4, 1),
    case("split_with_sizes.default", X, [2, 4], 1),
    case("split_with_sizes_copy.default", X, [2, 4], 1),
    case("chunk.default", X, 2, 1),
    case("unsafe_split.Tensor", X, 4, 1),
    case("unsafe_chunk.default", X, 2, 1),
    case("tensor_split.sections", X, 2, 1),
    case("tensor_split.sections", X, 3, 1, variant="unevenly"),
    case("tensor_split.indices", X, [1], 1),
    case("unbind.int", X, 0),
    case("unbind_copy.int", X, 0),
]

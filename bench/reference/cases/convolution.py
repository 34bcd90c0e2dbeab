"""Convolutions, as they are called and as a decomposed export calls them."""

from case import case, frozen, given, p, x

CASES = [
    case("conv1d.default", x(2, 4, 9), p(6, 4, 3)),
    case("conv2d.default", x(2, 4, 8, 8), p(6, 4, 3, 3), p(6), [2, 2], [1, 1]),
    case("conv2d.default", x(2, 8, 8, 4).permuted(0, 3, 1, 2), p(6, 4, 3, 3), variant="channels last"),
    case("conv2d.default", x(2, 4, 8, 8), p(4, 1, 3, 3), None, [1, 1], [1, 1], [1, 1], 4, variant="depthwise"),
    case("conv2d.default", x(2, 4, 8, 8), frozen(6, 4, 3, 3), frozen(6), variant="frozen"),
    case("conv2d.default", given(2, 4, 8, 8), p(6, 4, 3, 3), p(6), variant="of the batch"),
    case("conv2d.padding", x(2, 4, 8, 8), p(6, 4, 3, 3), None, [1, 1], "same"),
    case("conv3d.default", x(2, 4, 5, 5, 5), p(6, 4, 3, 3, 3)),
    case("conv_transpose1d.default", x(2, 4, 9), p(4, 6, 3)),
    case("conv_transpose2d.input", x(2, 4, 8, 8), p(4, 6, 3, 3), p(6), [2, 2], [1, 1], [1, 1]),
    case("conv_transpose3d.input", x(2, 4, 5, 5, 5), p(4, 6, 3, 3, 3)),
    case("convolution.default", x(2, 4, 8, 8), p(6, 4, 3, 3), p(6), [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
    case(
        *("convolution.default", x(2, 4, 8, 8), p(4, 6, 3, 3), p(6), [2, 2], [0, 0], [1, 1], True, [1, 1], 1),
        variant="transposed",
    ),
]

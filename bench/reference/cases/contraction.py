"""Products over axes that are named."""

from case import case, frozen, given, p, x

WEIGHT = p(7, 5, 6)

CASES = [
    case("tensordot.default", x(2, 3, 4), x(4, 5), [2], [0]),
    case("tensordot.default", x(2, 3, 4), x(4, 3, 5), [1, 2], [1, 0], variant="of two axes"),
    case("tensordot.default", x(2, 3, 4), p(4, 5), [2], [0], variant="by a parameter"),
    case("tensordot.default", x(2, 3, 4), x(1, 5), [2], [0], variant="of a stretched axis"),
    case("tensordot.default", x(2, 3), x(2, 3), [0, 1], [0, 1], variant="of all axes"),
    case("tensordot.default", x(2, 3), x(4), [], [], variant="of no axis"),
    case("inner.default", x(2, 6), x(3, 6)),
    case("inner.default", x(2, 3, 6), p(4, 6), variant="by a parameter"),
    case("inner.default", x(6), x(6), variant="of vectors"),
    case("inner.default", x(2, 6), given(), variant="by a number"),
    case("bilinear.default", x(2, 5), x(2, 6), WEIGHT, p(7)),
    case("bilinear.default", x(2, 3, 5), x(2, 3, 6), WEIGHT, variant="without a bias"),
    case("bilinear.default", x(2, 5), given(2, 6), WEIGHT, p(7), variant="of the batch"),
    case("bilinear.default", x(2, 5), given(2, 6), frozen(7, 5, 6), variant="frozen"),
    case("kron.default", x(2, 3), x(4, 5)),
    case("kron.default", x(3), x(4, 5), variant="of a vector"),
    case("addr.default", x(4, 6), x(4), x(6)),
    case("addr.default", x(6), x(4), given(6), beta=0.5, alpha=2, variant="scaled"),
]

"""Values in order: sorted, and integrals over them."""

from case import case, given, x

X = x(4, 6)

CASES = [
    case("msort.default", X),
    case("trapezoid.dx", X),
    case("trapezoid.dx", X, dx=0.5, dim=0, variant="of columns"),
    case("trapezoid.x", X, x(6)),
    case("trapezoid.x", x(2, 4, 6), given(4, 6), dim=1, variant="of positions for each column"),
    case("trapz.dx", X, dx=2.0),
    case("trapz.x", X, given(4, 6)),
]

"""How far tensors are from one another."""

from case import case, x

X = x(4, 6)

CASES = [
    case("cosine_similarity.default", X, X, variant="to itself"),
    case("cosine_similarity.default", x(2, 3, 6), x(2, 3, 6), -1),
    case("pairwise_distance.default", X, x(4, 6)),
    case("cdist.default", x(2, 4, 6), x(2, 5, 6)),
]

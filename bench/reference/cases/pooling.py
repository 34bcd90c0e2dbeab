"""Pools of one, two and three axes."""

from case import case, first, x

VOLUMES = {1: x(2, 4, 8), 2: x(2, 4, 8, 8), 3: x(2, 4, 8, 8, 8)}
LAST = x(2, 8, 8, 4).permuted(0, 3, 1, 2)

CASES = [
    *(case(f"max_pool{rank}d.default", volume, [2] * rank) for rank, volume in VOLUMES.items()),
    *(case(f"max_pool{rank}d_with_indices.default", volume, [2] * rank) for rank, volume in VOLUMES.items()),
    first(case("max_pool2d_with_indices.default", VOLUMES[2], [2, 2]), "of values alone"),
    *(case(f"avg_pool{rank}d.default", volume, [2] * rank) for rank, volume in VOLUMES.items()),
    *(case(f"adaptive_avg_pool{rank}d.default", volume, [1] * rank) for rank, volume in VOLUMES.items()),
    *(
        case(f"adaptive_avg_pool{rank}d.default", volume, [3] * rank, variant="to 3")
        for rank, volume in VOLUMES.items()
    ),
    *(case(f"_adaptive_avg_pool{rank}d.default", VOLUMES[rank], [3] * rank) for rank in (2, 3)),
    *(case(f"adaptive_max_pool{rank}d.default", volume, [3] * rank) for rank, volume in VOLUMES.items()),
    case("adaptive_max_pool2d.default", VOLUMES[2], [1, 1], variant="to 1"),
    case("max_pool2d.default", LAST, [2, 2], variant="channels last"),
    case("max_pool2d.default", VOLUMES[2], [3, 3], [2, 2], [1, 1], [1, 1], True, variant="with a last window"),
    case("avg_pool2d.default", LAST, [2, 2], variant="channels last"),
]

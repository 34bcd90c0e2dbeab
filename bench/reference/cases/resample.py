"""Sizes that change: interpolation, padding, windows."""

from case import case, x

LINE, IMAGE, VOLUME = x(2, 4, 6), x(2, 4, 6, 6), x(2, 4, 6, 6, 6)
LINES = [(LINE, 1), (IMAGE, 2), (VOLUME, 3)]

CASES = [
    *(case(f"upsample_nearest{rank}d.vec", image, [12] * rank, None) for image, rank in LINES),
    *(case(f"_upsample_nearest_exact{rank}d.vec", image, [12] * rank, None) for image, rank in LINES),
    case("upsample_nearest2d.vec", IMAGE, None, [2.0, 2.0], variant="by a factor"),
    case("upsample_linear1d.vec", LINE, [12], False, None),
    case("upsample_bilinear2d.vec", IMAGE, [12, 12], False, None),
    case("upsample_trilinear3d.vec", VOLUME, [12, 12, 12], False, None),
    case("_upsample_bilinear2d_aa.vec", IMAGE, [12, 12], False, None),
    case("upsample_bicubic2d.vec", IMAGE, [12, 12], False, None),
    case("_upsample_bicubic2d_aa.vec", IMAGE, [12, 12], False, None),
    case("pad.default", IMAGE, [1, 2, 1, 2]),
    case("pad.default", IMAGE, [1, 2, 1, 2], "reflect", variant="reflected"),
    case("pad.default", IMAGE, [1, 2, 1, 2], "replicate", variant="replicated"),
    case("pad.default", IMAGE, [1, 2, 1, 2], "circular", variant="circular"),
    case("constant_pad_nd.default", IMAGE, [1, 2]),
    *(case(f"reflection_pad{rank}d.default", image, [1, 2] * rank) for image, rank in LINES),
    *(case(f"replication_pad{rank}d.default", image, [1, 2] * rank) for image, rank in LINES),
    case("im2col.default", IMAGE, [3, 3], [1, 1], [0, 0], [1, 1]),
    case("col2im.default", x(2, 36, 16), [6, 6], [3, 3], [1, 1], [0, 0], [1, 1]),
    case("grid_sampler.default", IMAGE, x(2, 5, 5, 2), 0, 0, False),
    case("grid_sampler_2d.default", IMAGE, x(2, 5, 5, 2), 0, 0, False),
    case("grid_sampler_3d.default", VOLUME, x(2, 5, 5, 5, 3), 0, 0, False),
    case("pixel_shuffle.default", IMAGE, 2),
    case("pixel_unshuffle.default", IMAGE, 2),
]

"""Losses, which are mean unless they say otherwise."""

from case import case, first, given, ints, wide, x

LOGITS = x(4, 10)
PAIR = (LOGITS, given(4, 10))
NONE, MEAN, SUM = 0, 1, 2

CASES = [
    case("cross_entropy_loss.default", LOGITS, ints(4)),
    case("cross_entropy_loss.default", x(2, 10, 4, 4), ints(2, 4, 4), variant="of an image"),
    case("cross_entropy_loss.default", *PAIR, variant="of probabilities"),
    case("cross_entropy_loss.default", LOGITS, ints(4), given(10), variant="weighted"),
    case("cross_entropy_loss.default", LOGITS, ints(4), None, NONE, variant="of each"),
    case("cross_entropy_loss.default", LOGITS, ints(4), None, MEAN, -100, 0.1, variant="smoothed"),
    case("nll_loss.default", LOGITS, ints(4)),
    case("nll_loss_nd.default", LOGITS, ints(4)),
    case("nll_loss2d.default", x(2, 10, 4, 4), ints(2, 4, 4)),
    first(case("nll_loss_forward.default", LOGITS, ints(4), None, MEAN, -100)),
    case("mse_loss.default", *PAIR),
    case("mse_loss.default", LOGITS, LOGITS, variant="of two"),
    case("mse_loss.default", *PAIR, SUM, variant="summed"),
    case("smooth_l1_loss.default", *PAIR),
    case("huber_loss.default", *PAIR),
    case("l1_loss.default", *PAIR),
    wide(case("binary_cross_entropy.default", *PAIR)),
    case("kl_div.default", *PAIR),
    case("kl_div.default", *PAIR, SUM, variant="of logarithms", log_target=True),
    case("binary_cross_entropy_with_logits.default", *PAIR),
]

"""Losses, which are mean unless they say otherwise."""

from case import case, first, given, ints, wide, x

LOGITS = x(4, 10)
OTHER = x(4, 10)
TRIPLET = (LOGITS, OTHER, OTHER, 1.0)
SIGNS = given(4)
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
    case("soft_margin_loss.default", *PAIR),
    case("multi_margin_loss.default", LOGITS, ints(4)),
    case("multi_margin_loss.default", LOGITS, ints(4), 1, 1, given(10), variant="weighted"),
    case("multilabel_margin_loss.default", LOGITS, ints(4, 10)),
    case("multilabel_margin_loss.default", LOGITS, ints(4, 10), NONE, variant="of each"),
    case("triplet_margin_loss.default", *TRIPLET),
    case("triplet_margin_loss.default", *TRIPLET, 1.0, variant="of order 1"),
    case("triplet_margin_loss.default", *TRIPLET, 2.0, 1e-6, True, variant="swapped"),
    case("margin_ranking_loss.default", x(4), x(4), SIGNS, 0.5),
    case("margin_ranking_loss.default", x(4), x(4), SIGNS, 0.0, SUM, variant="summed"),
    case("hinge_embedding_loss.default", *PAIR),
    case("hinge_embedding_loss.default", *PAIR, 1.0, NONE, variant="of each"),
    case("cosine_embedding_loss.default", LOGITS, OTHER, SIGNS),
    case("poisson_nll_loss.default", *PAIR, True, False, 1e-8, MEAN),
    case("poisson_nll_loss.default", *PAIR, True, True, 1e-8, SUM, variant="in full"),
    case("poisson_nll_loss.default", *PAIR, False, False, 1e-8, NONE, variant="of rates"),
]

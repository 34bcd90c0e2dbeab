"""The cases by family: one JSON file each."""

from case import Case

from . import (
    attention,
    cast,
    complex,
    contraction,
    convolution,
    diagonal,
    distance,
    elementwise,
    generator,
    linear,
    loss,
    normalization,
    pooling,
    recurrent,
    reduction,
    resample,
    selection,
    slices,
    unary,
    view,
)

FAMILIES: dict[str, list[Case]] = {
    "attention": attention.CASES,
    "cast": cast.CASES,
    "complex": complex.CASES,
    "contraction": contraction.CASES,
    "convolution": convolution.CASES,
    "diagonal": diagonal.CASES,
    "distance": distance.CASES,
    "elementwise": elementwise.CASES,
    "generator": generator.CASES,
    "linear": linear.CASES,
    "loss": loss.CASES,
    "normalization": normalization.CASES,
    "pooling": pooling.CASES,
    "recurrent": recurrent.CASES,
    "reduction": reduction.CASES,
    "resample": resample.CASES,
    "selection": selection.CASES,
    "slice": slices.CASES,
    "unary": unary.CASES,
    "view": view.CASES,
}

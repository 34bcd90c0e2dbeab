"""Small nets with what training steps consist of: norms, residuals in place, attention, tied weights, dropout."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

Optimizer = Callable[[list[nn.Parameter]], torch.optim.Optimizer]


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The kernel that float32 gets on CUDA; on the meta device it is called by name, since nothing is chosen there."""
    if query.device.type == "meta":
        return torch.ops.aten._scaled_dot_product_efficient_attention(query, key, value, None, True)[0]
    return functional.scaled_dot_product_attention(query, key, value)


class Dropout(nn.Module):
    """nn.Dropout as CUDA runs it, with a mask of a byte an element; by name on the meta device."""

    def forward(self, tensor: Tensor) -> Tensor:
        if tensor.device.type == "meta":
            return torch.ops.aten.native_dropout(tensor, 0.5, True)[0]
        return functional.dropout(tensor, 0.5, True)


class Block(nn.Module):
    """Two convolutions around a residual, every ReLU in place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.last = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, tensor: Tensor) -> Tensor:
        hidden = self.relu(self.norm(self.first(tensor)))
        hidden = self.last(self.second(hidden))
        hidden += tensor
        return self.relu(hidden)


class Attention(nn.Module):
    """Self-attention from one product for query, key and value."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.mixed = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tensor: Tensor) -> Tensor:
        batch, length, width = tensor.shape
        mixed = self.mixed(tensor).reshape(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = mixed.unbind(0)
        joined = attention(query, key, value).transpose(1, 2).reshape(batch, length, width)
        return self.out(joined)


class Language(nn.Module):
    """One block of a transformer; the embedding's table is the head's weight."""

    def __init__(self, vocabulary: int, width: int, heads: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.between = nn.LayerNorm(width)
        self.wide = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.after = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        hidden = self.embedding(tokens)
        hidden = hidden + self.attention(self.before(hidden))
        hidden = hidden + self.narrow(functional.gelu(self.wide(self.between(hidden))))
        return self.head(self.after(hidden))


class Written(nn.Module):
    """Two branches, written into halves of one tensor."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = nn.Linear(64, size)
        self.right = nn.Linear(64, size)
        self.head = nn.Linear(2 * size, 10)

    def halves(self, x: Tensor) -> Tensor:
        halves = torch.zeros(len(x), 2, self.left.out_features, device=x.device)
        halves[:, 0] = self.left(x).tanh()
        halves[:, 1] = self.right(x).tanh()
        return halves

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.halves(x).sigmoid().flatten(1))


def images() -> nn.Module:
    """Convolutions with batch norm, a pool and a head."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, 10),
    )


def residual() -> nn.Module:
    """A stem, two blocks and a head."""
    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    return nn.Sequential(*stem, Block(16), Block(16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))


def perceptron() -> nn.Module:
    """Linear layers with dropout between them."""
    return nn.Sequential(
        *(nn.Linear(64, 256), nn.ReLU(), Dropout()),
        *(nn.Linear(256, 128), nn.GELU(), Dropout(), nn.Linear(128, 10)),
    )


@dataclass(frozen=True)
class Net:
    """A net, the shape of its batch, how many tokens it knows where it reads tokens, and what it is trained with."""

    build: Callable[[], nn.Module]
    batch: tuple[int, ...]
    optimizer: str
    vocabulary: int = 0

    def inputs(self, device: str) -> Tensor:
        """One batch."""
        dtype = torch.int64 if self.vocabulary else torch.float32
        return torch.zeros(self.batch, dtype=dtype, device=device)


NETS = {
    "images": Net(images, (8, 3, 16, 16), "sgd-momentum"),
    "residual": Net(residual, (8, 3, 16, 16), "sgd-momentum"),
    "language": Net(lambda: Language(100, 32, 4), (4, 40), "adamw", vocabulary=100),
    "perceptron": Net(perceptron, (32, 64), "adamw"),
    "written in halves": Net(lambda: Written(128), (32, 64), "adamw"),
    "perceptron by SGD": Net(perceptron, (32, 64), "sgd"),
}

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, foreach=True),
    "sgd-momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, foreach=True),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.1, foreach=True),
}

"""
What autograd keeps of programs of language models of transformers: `make models` holds the estimate against them.

    pip install torch==2.15.0 transformers
    python bench/reference/language.py FOLDER

Of every kind of model one that is small, by its configuration. Its program is measured, for models choose otherwise where
they are not exported: masks that hide nothing are left out, loops become products.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSeq2SeqLM
from transformers.integrations import moe  # noqa: F401: its operators, which programs call

from whole import MAX_PARAMETERS, Row, attention_in_float32, collect, measured

BATCH = 4
TOKENS = 72
WIDTH = 64

HEADS: dict[str, Any] = {
    "causal": AutoModelForCausalLM,
    "masked": AutoModelForMaskedLM,
    "seq2seq": AutoModelForSeq2SeqLM,
}

# Sizes, and the names that configurations have for them.
SMALL = {
    WIDTH: "hidden_size d_model n_embd dim n_embed embed_dim emb_dim embedding_size word_embed_proj_dim",
    2 * WIDTH: "intermediate_size d_ff n_inner ffn_dim encoder_ffn_dim decoder_ffn_dim hidden_dim d_inner ffn_hidden_size",
    2: "num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers num_decoder_layers num_key_value_heads "
    "n_kv_heads num_experts_per_tok eos_token_id",
    4: "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads num_experts "
    "num_local_experts n_routed_experts",
    WIDTH // 4: "d_kv d_head head_dim attention_head_size rotary_dim qk_rope_head_dim qk_nope_head_dim v_head_dim "
    "kv_lora_rank",
    WIDTH // 2: "q_lora_rank qk_head_dim moe_intermediate_size shared_expert_intermediate_size",
    1: "bos_token_id n_shared_experts n_group topk_group first_k_dense_replace",
    0: "pad_token_id",
    256: "max_position_embeddings n_positions max_seq_len",
    1000: "vocab_size",
}
SIZES = {name: size for size, names in SMALL.items() for name in names.split()}
KINDS_OF_LAYERS = ("layer_types", "mlp_layer_types", "block_types", "layers_block_type")


def small(config: Any) -> Any:
    """A configuration with whatever sizes it has made small, and two layers of different kinds where it has such."""
    for name, size in SIZES.items():
        if type(getattr(config, name, None)) is int:
            setattr(config, name, size)
    for name in KINDS_OF_LAYERS:
        kinds = getattr(config, name, None)
        if isinstance(kinds, list) and len(kinds) > 2:
            setattr(config, name, list(dict.fromkeys(kinds) if len(set(kinds)) > 1 else kinds)[:2])
    # Latent attention has as many heads of keys as of queries.
    if hasattr(config, "kv_lora_rank"):
        config.num_key_value_heads = config.num_attention_heads
    config.use_cache = False
    return config


class Logits(nn.Module):
    """A model that is given tokens, and returns its logits alone."""

    def __init__(self, model: nn.Module, head: str) -> None:
        super().__init__()
        self.model = model
        self.names = ["input_ids", "decoder_input_ids"] if head == "seq2seq" else ["input_ids"]

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model(**dict.fromkeys(self.names, tokens)).logits


def on_cuda(program: torch.export.ExportedProgram) -> nn.Module:
    """The program with the kernel that attention has on CUDA, and without what ties it to the device it was made on."""
    module = program.module()
    for node in module.graph.nodes:
        if node.target is torch.ops.aten.scaled_dot_product_attention.default:
            node.target = attention_in_float32
        elif node.target is torch.ops.aten._assert_tensor_metadata.default:
            module.graph.erase_node(node)
            continue
        cuda = torch.device("cuda")
        node.args = tuple(cuda if isinstance(argument, torch.device) else argument for argument in node.args)
        if isinstance(node.kwargs.get("device"), torch.device):
            node.kwargs = {**node.kwargs, "device": cuda}
    module.recompile()
    return module


def measure(head: str, config: Any, path: Path) -> Row | None:
    """Exports one model and measures its program; nothing where it is too large."""
    with torch.device("meta"):
        outline = HEADS[head].from_config(small(config()))
    if sum(parameter.numel() for parameter in outline.parameters()) > MAX_PARAMETERS:
        return None
    model = Logits(HEADS[head].from_config(small(config())), head).train()
    program = torch.export.export(model, (torch.randint(5, 90, (BATCH, TOKENS)),))
    torch.export.save(program, path)
    with torch.enable_grad():
        found = measured(on_cuda(program), lambda: torch.zeros(BATCH, TOKENS, dtype=torch.int64, device="cuda"))
    # A program's module has tied weights twice.
    return {"liveBytes": found["liveBytes"]}


def main(folder: Path) -> None:
    """Every kind of model under the first head that it has."""
    folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.set_verbosity_error()
    named: dict[str, tuple[str, Any]] = {}
    for head, auto in HEADS.items():
        for config in auto._model_mapping:
            named.setdefault(config.model_type, (head, config))
    models: Iterator[tuple[str, Callable[[], Row | None]]] = (
        (name, partial(measure, head, config, folder / f"{name}.pt2")) for name, (head, config) in named.items()
    )
    collect(folder, {"torch": torch.__version__, "transformers": transformers.__version__}, models)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

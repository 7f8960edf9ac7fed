"""A token classifier in small, with known preferences: content words stay, fillers go."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

FILLERS = (
    "a about an and are as at be been but by can could do does for from had has have he her his "
    "in is it its me my of on or our she so that the their them there these they this those to "
    "very was we were which will with would you your"
).split()

SUBWORDS = [*"abcdefghijklmnopqrstuvwxyz0123456789"]

PUNCTUATION = [*".,?!:;-'\"()[]{}/\\$%#@&*+=<>_|~`"]

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]

VOCABULARY = [*MARKS, *FILLERS, *PUNCTUATION, *SUBWORDS[1:], *(f"##{one}" for one in SUBWORDS)]
"""Every other word is read letter by letter; `a` is a filler and a letter."""


def likings() -> list[float]:
    """How needed each token is, as a logit: earlier letters more than later ones."""
    found = []
    for at, token in enumerate(VOCABULARY):
        if token in FILLERS:
            found.append(-3.0 - 0.01 * at)
        elif token in PUNCTUATION:
            found.append(-0.5)
        else:
            found.append(2.0 - 0.01 * at)
    return found


def tokenizer() -> str:
    """A `tokenizer.json` as BERT's, which lowers letters."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    ids = {token: at for at, token in enumerate(VOCABULARY)}
    made = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))  # noqa: S106 -- no password
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(mark, ids[mark]) for mark in ("[CLS]", "[SEP]")],
    )
    made.decoder = decoders.WordPiece()
    # As exports carry it: whoever loads it must not be cut short by it.
    made.enable_truncation(128)
    return str(made.to_str())


def graph(labels: int = 2) -> bytes:
    """A graph with the inputs and the output of an export, that looks logits up in a table."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in names
    ]
    output = helper.make_tensor_value_info(
        "logits", TensorProto.FLOAT, ["batch", "tokens", labels]
    )
    values = np.zeros((len(VOCABULARY), labels), np.float32)
    values[:, -1] = likings()
    table = numpy_helper.from_array(values, "table")
    node = helper.make_node("Gather", ["table", "input_ids"], ["logits"])
    made = helper.make_graph([node], "classifier", inputs, [output], [table])
    opset = [helper.make_opsetid("", 17)]
    exported: bytes = helper.make_model(
        made, opset_imports=opset, ir_version=9
    ).SerializeToString()
    return exported


def export(folder: Path) -> Path:
    """An export's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph())
    (folder / "tokenizer.json").write_text(tokenizer())
    return folder


def checkpoint(folder: Path) -> Path:
    """A BERT for torch, of random weights (seed 0)."""
    from transformers import BertConfig, BertForTokenClassification

    config = BertConfig(
        vocab_size=len(VOCABULARY), max_position_embeddings=512, num_labels=2, **_SMALL
    )
    marks = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), MARKS, strict=True))
    return _saved(folder, tokenizer(), marks, lambda: BertForTokenClassification(config))


def roberta(folder: Path) -> Path:
    """An XLM-RoBERTa for torch, of random weights (seed 0): its tokens begin with a space."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import XLMRobertaConfig, XLMRobertaForTokenClassification

    marks = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    pieces = [(mark, 0.0) for mark in marks.values()]
    pieces += [(f"\u2581{word}", -3.0) for word in FILLERS] + [("\u2581", -4.0)]
    pieces += [(letter, -6.0) for letter in (*SUBWORDS, *PUNCTUATION)]
    made = Tokenizer(models.Unigram(pieces, unk_id=3))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    config = XLMRobertaConfig(
        vocab_size=len(pieces),
        max_position_embeddings=514,
        num_labels=2,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        **_SMALL,
    )
    return _saved(folder, made.to_str(), marks, lambda: XLMRobertaForTokenClassification(config))


_SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "initializer_range": 0.4,
}


def _saved(folder: Path, made: str, marks: dict[str, str], network: Callable[[], Any]) -> Path:
    import torch
    from transformers import PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "made.json").write_text(made)
    PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "made.json"), model_max_length=512, **marks
    ).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network().save_pretrained(folder)
    return folder

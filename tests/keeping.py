"""A token classifier in small, with known preferences: content words stay, fillers go."""

from pathlib import Path

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
    """A `tokenizer.json` as BERT's, whose letter case is left as it is by no one."""
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


def checkpoint(folder: Path, *, blind: bool = True) -> Path:
    """A BERT checkpoint for torch: of random weights, or one that has the same preferences.

    Args:
        folder: where to.
        blind: whether it has no preferences but what its random weights give (seed 0).
    """
    import torch
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "made.json").write_text(tokenizer())
    PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "made.json"),
        unk_token="[UNK]",  # noqa: S106 -- no password
        pad_token="[PAD]",  # noqa: S106 -- no password
        cls_token="[CLS]",  # noqa: S106 -- no password
        sep_token="[SEP]",  # noqa: S106 -- no password
        model_max_length=512,
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=512,
        num_labels=2,
        initializer_range=0.4,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertForTokenClassification(config).save_pretrained(folder)
    return folder

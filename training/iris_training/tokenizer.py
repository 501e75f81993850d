"""Trains the byte-level BPE tokenizer, in the file format of Qwen's.

    python -m iris_training.tokenizer --folder RUN
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)

from .captions import caption
from .configuration import Configuration, TokenizerSizes
from .edits import instruction, sample_edit
from .scene import sample_scene
from .vocabulary import LANGUAGES, cldr_annotations

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>",
           "<|object_ref_end|>", "<|box_start|>", "<|box_end|>", "<|quad_start|>",
           "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
           "<|image_pad|>", "<|video_pad|>")
ORDINARY = ("<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
            "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<tool_response>",
            "</tool_response>", "<think>", "</think>")
PADDING = "<|endoftext|>"
CHAT_TEMPLATE = (
    "{%- for m in messages %}"
    "{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}"
    "{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}"
    "{{- '<think>\\n\\n</think>\\n\\n' }}"
    "{%- endif %}{%- endif %}"
)
PROMPT = ("<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")


def corpus(sizes: TokenizerSizes, seed: int) -> Iterator[str]:
    """Captions, instructions and CLDR's emoji words in both languages."""
    rng = random.Random(seed)
    for _ in range(sizes.captions):
        yield caption(sample_scene(rng), rng)
    for _ in range(sizes.edits):
        yield instruction(sample_edit(rng), rng)
    for language in LANGUAGES:
        for words in cldr_annotations(language).values():
            yield from words
    for _ in range(50):
        yield "user\nassistant\n\n\n"


def train(sizes: TokenizerSizes, seed: int) -> Tokenizer:
    """A tokenizer with Qwen's normaliser, splitting and added tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    byte_level = {"add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN_SPLIT), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(**byte_level),
    ])
    tokenizer.post_processor = processors.ByteLevel(**byte_level)
    tokenizer.decoder = decoders.ByteLevel(**byte_level)
    trainer = trainers.BpeTrainer(
        vocab_size=sizes.vocabulary - len(SPECIAL) - len(ORDINARY), show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(corpus(sizes, seed), trainer)
    tokenizer.add_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL]
                         + [AddedToken(t, special=False, normalized=False) for t in ORDINARY])
    return tokenizer


def _added_tokens(tokenizer: Tokenizer) -> dict[str, dict]:
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    return {str(tokenizer.token_to_id(text)): {"content": text, **flags,
                                               "special": text in SPECIAL}
            for text in SPECIAL + ORDINARY}


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes every file a Qwen2 tokenizer directory has."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.model.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    added = _added_tokens(tokenizer)
    configuration = {
        "add_bos_token": False, "add_prefix_space": False, "added_tokens_decoder": added,
        "additional_special_tokens": list(SPECIAL[1:]), "bos_token": None,
        "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>", "errors": "replace",
        "extra_special_tokens": {}, "model_max_length": 131072, "pad_token": PADDING,
        "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer", "unk_token": None,
    }
    plain = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    files = {
        "tokenizer_config.json": configuration,
        "added_tokens.json": {entry["content"]: int(i) for i, entry in added.items()},
        "special_tokens_map.json": {
            "additional_special_tokens": list(SPECIAL[1:]),
            "eos_token": {"content": "<|im_end|>", **plain},
            "pad_token": {"content": PADDING, **plain}},
    }
    for name, content in files.items():
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (folder / name).write_text(text + "\n")
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)


class PromptTokenizer:
    """Prompts to padded token ids, as the pipeline prepares them."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._padding = self.id_of(PADDING)

    def id_of(self, token: str) -> int:
        """The id of an added token."""
        number = self._tokenizer.token_to_id(token)
        assert number is not None, token
        return number

    def __call__(self, prompts: list[str], length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids and attention mask, each `[B, length]`, padded on the right."""
        encoded = [e.ids[:length] for e in
                   self._tokenizer.encode_batch([PROMPT.format(p) for p in prompts])]
        ids = torch.full((len(prompts), length), self._padding)
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(encoded):
            ids[row, :len(tokens)] = torch.tensor(tokens)
            mask[row, :len(tokens)] = 1
        return ids, mask


def main(options: Sequence[str] | None = None) -> None:
    """Trains and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--config", type=Path, help="sizes of the run's networks, TOML or JSON")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(options)
    sizes = Configuration.of_run(arguments.folder, arguments.config).tokenizer
    save(train(sizes, arguments.seed), arguments.folder / "tokenizer")


if __name__ == "__main__":
    main()

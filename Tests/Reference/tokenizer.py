"""A small byte-level tokenizer in the files and with the rules of the Qwen2 tokenizer."""

import json
from pathlib import Path

import numpy as np

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL_TOKENS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
PLAIN_TOKENS = [
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
]
ADDED_TOKENS = SPECIAL_TOKENS + PLAIN_TOKENS
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

FOX = "A small red fox asleep on a mossy stone, soft morning light."
STORM = "Replace the sky with heavy storm clouds; keep the house as it is!"
HAT = "Put the person from image 1 in the room of image 2, wearing the hat of image 3."
UNICODE = (
    "Zażółć gęślą jaźń — 日本語のテキスト, привет, 123 456, it's we'll DON'T 🦊🎨\n\n"
    "  two  spaces\tand a tab "
)

STRINGS = [
    FOX,
    STORM,
    HAT,
    UNICODE,
    "",
    " ",
    "\n",
    "  leading and trailing  ",
    "a\r\nb\r\n\r\nc\n\n\nd",
    "tabs\t\tand\u00a0nbsp\u3000ideographic\u0085next\u2028line\u001cfile",
    "I'm you're HE'LL they'Ve o'clock 'tis 'S x's long'\u017f",
    "3.14159 1,000,000 ٣٤٥ Ⅷ ½ x² 12ab34",
    "cafe\u0301 == café; A\u030a Å \u212b; e\u0301\u0327",
    "가각 \u1100\u1161\u11a8 हिन्दी ไทย العربية עברית",
    "👩‍👩‍👧‍👦 🇫🇷 👍🏽 \U0001f98a",
    "snake_case camelCase kebab-case foo.bar(baz)[0] == {'k': \"v\"} // #hash @at $5 50%",
    "<|im_end|>\n<|im_start|>system\nx",
    "text<think>inner</think> <|endoftext|>tail <|unknown|> <tool_call>",
    "zero\u200bwidth\u200djoin\ufeffbom",
    "!!!???...---___",
    "\\n is not a newline",
    "a" * 70,
    "word " * 40,
]


def corpus(seed):
    """Sentences to train the merges on: English, digits, line breaks, a few other scripts."""
    nouns = (
        "fox stone river cloud lantern violin copper ship garden winter window portrait market "
        "castle teapot forest robot whale ladder mirror carpet engine bicycle mountain dragon "
        "umbrella painter harbour"
    ).split()
    looks = (
        "red blue golden tiny broken ancient glossy matte striped transparent quiet stormy "
        "soft sharp"
    ).split()
    verbs = (
        "sits holds replaces watches paints carries removes lights covers follows reflects crosses"
    ).split()
    draw = np.random.default_rng(seed)
    for i in range(900):
        (a, b), (n, m), verb = draw.choice(looks, 2), draw.choice(nouns, 2), draw.choice(verbs)
        yield f"The {a} {n} {verb} the {b} {m} near {m}s, {i} of {int(draw.integers(10, 9999))}."
        if i % 3 == 0:
            stop = int(draw.integers(1, 22))
            yield f"a photo of a {a} {b} {n}, 35mm, f/{stop}.{i % 10}; it's {a}, isn't it?"
        if i % 7 == 0:
            yield f"user\nassistant\nKeep the {n}, change the {m}!\n\n    indented\tline  {b}"
        if i % 11 == 0:
            yield f"Ein schöner {n}, un café très {a}, naïve piñata; красная лиса; 日本語の{n} と 猫 🦊"


def train(seed, vocabulary):
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
    )
    from tokenizers import processors, trainers

    byte_level = dict(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(**byte_level),
        ]
    )
    tokenizer.post_processor = processors.ByteLevel(**byte_level)
    tokenizer.decoder = decoders.ByteLevel(**byte_level)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(corpus(seed), trainer)
    tokenizer.add_tokens(
        [AddedToken(t, special=t in SPECIAL_TOKENS, normalized=False) for t in ADDED_TOKENS]
    )
    return tokenizer


def write_tokenizer(folder, seed, vocabulary):
    """Writes the files of a published tokenizer; returns its size without the added tokens."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    tokenizer = train(seed, vocabulary)
    tokenizer.model.save(str(folder))  # vocab.json and merges.txt
    tokenizer.save(str(folder / "tokenizer.json"))
    base = tokenizer.get_vocab_size(with_added_tokens=False)
    ids = {text: base + i for i, text in enumerate(ADDED_TOKENS)}
    plain = dict(lstrip=False, normalized=False, rstrip=False, single_word=False)

    def write(name, content):
        (folder / name).write_text(
            json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8"
        )

    write("added_tokens.json", ids)
    write(
        "special_tokens_map.json",
        {
            "additional_special_tokens": SPECIAL_TOKENS[1:],
            "eos_token": dict(content="<|im_end|>", **plain),
            "pad_token": dict(content="<|endoftext|>", **plain),
        },
    )
    write(
        "tokenizer_config.json",
        {
            "add_bos_token": False,
            "add_prefix_space": False,
            "added_tokens_decoder": {
                str(ids[t]): dict(content=t, **plain, special=t in SPECIAL_TOKENS)
                for t in ADDED_TOKENS
            },
            "additional_special_tokens": SPECIAL_TOKENS[1:],
            "bos_token": None,
            "clean_up_tokenization_spaces": False,
            "eos_token": "<|im_end|>",
            "errors": "replace",
            "extra_special_tokens": {},
            "model_max_length": 131072,
            "pad_token": "<|endoftext|>",
            "split_special_tokens": False,
            "tokenizer_class": "Qwen2Tokenizer",
            "unk_token": None,
        },
    )
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    return base


def rendered(tokenizer, prompt):
    """The prompt inside the chat template, as text."""
    return tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=False,
    )


def tokenizer_cases(folder):
    """Strings with their ids, bare and inside the chat template (without padding)."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    cases = []
    for text in STRINGS:
        chat = rendered(tokenizer, text)
        cases.append(
            dict(text=text, ids=tokenizer(text)["input_ids"], chat_ids=tokenizer(chat)["input_ids"])
        )
    return dict(pad_id=tokenizer.pad_token_id, cases=cases)

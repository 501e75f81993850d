"""Writes random_cases.json: random strings and the ids that Hugging Face's `tokenizers` gives them.

Usage: python make_cases.py QWEN3_TOKENIZER_DIRECTORY [--count N] [--seed S] [--output FILE]

The strings mix what a pre-tokenizer can get wrong: contractions in any case, runs of white space and
newlines, digits of many scripts, combining marks out of order, Hangul in pieces, added tokens, emoji,
code points that no Unicode version has assigned. Needs `tokenizers` and `transformers`.
"""
import argparse
import json
import os
import random

from transformers import AutoTokenizer

WORDS = (
    "a the fox's fox Fox FOX don't DON'T we'll I'm you're they'Ve 's 'S 'ſ 'll ' '' it's. 'RE 'd'd "
    "beach sunset painting watercolour naïve café Zażółć gęślą jaźń привет лиса 日本語 の 狐 여우 각 각 "
    "हिन्दी ไทย العربية עברית Straße ﬁn Ǆ ʼn ŉ Ⅷ ½ x² ٣٤٥ 123 4.5 1,000 12ab34 snake_case #tag @you "
    "<|im_end|> <|im_start|> <|endoftext|> <think> </think> <|im_ <think <|unknown|> <tool_call> "
    "🦊 👩‍👩‍👧 🇫🇷 👍🏽 ... --- !!! ??? ({[ ]}) \\n \\ / // https://example.org/?q=1 $5 50%"
).split(" ")
SPACES = list(" \t\n\r\v\f\x1c\x1f\x85\xa0\u1680\u2003\u200b\u2028\u2029\u202f\u3000\ufeff") + [
    "\r\n", "  ", "   ", "\n\n", " \n", "\n ", " \n \n ", "\t ", "",
]
MARKS = [chr(c) for c in (0x300, 0x301, 0x308, 0x316, 0x323, 0x327, 0x345, 0x3099, 0x591, 0x1161, 0x11A8)]
BLOCKS = [
    (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF),
    (0x1100, 0x11FF), (0x1E00, 0x20CF), (0x2100, 0x2BFF), (0x3040, 0x30FF), (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF), (0x1D100, 0x1D1FF), (0x1F300, 0x1FAFF), (0x2F800, 0x2FA1D), (0, 0x10FFFF),
]


def character(rng):
    low, high = rng.choice(BLOCKS)
    code = rng.randint(low, high)
    return chr(code) if code != 0 and not 0xD800 <= code <= 0xDFFF else "x"


def string(rng):
    pieces = []
    for _ in range(rng.randint(1, 12)):
        kind = rng.random()
        if kind < 0.45:
            pieces.append(rng.choice(WORDS))
        elif kind < 0.7:
            pieces.append(rng.choice(SPACES))
        elif kind < 0.8:
            pieces.append("".join(rng.choice(MARKS) for _ in range(rng.randint(1, 3))))
        else:
            pieces.append("".join(character(rng) for _ in range(rng.randint(1, 4))))
        if rng.random() < 0.4:
            pieces.append(" ")
    return "".join(pieces)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tokenizer")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--output", default=os.path.join(os.path.dirname(__file__), "random_cases.json"))
    args = parser.parse_args()
    rng = random.Random(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.tokenizer)
    texts = [string(rng) for _ in range(args.count)]
    # Escaped, so that no tool on the way can normalise the strings.
    lines = [json.dumps({"text": t, "ids": tokenizer(t)["input_ids"]}) for t in texts]
    with open(args.output, "w") as file:
        file.write('{"cases": [\n' + ",\n".join(lines) + "\n]}\n")


main()

public import JSON
import Text

/// The files of a tokenizer that knows single bytes and Qwen's added tokens, and merges nothing.
///
/// It stands in for Qwen3's own, which belongs to the published models, where weights are random anyway.
public enum ByteTokenizer {
  /// Qwen's added tokens in their order (spec §2.1); the ids follow those of the 256 bytes.
  private static let addedTokens =
    ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    + [
      "object_ref_start", "object_ref_end", "box_start", "box_end", "quad_start", "quad_end",
      "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad",
    ].map { "<|\($0)|>" }
    + ["<tool_call>", "</tool_call>"]
    + ["fim_prefix", "fim_middle", "fim_suffix", "fim_pad", "repo_name", "file_sep"].map {
      "<|\($0)|>"
    }
    + ["<tool_response>", "</tool_response>", "<think>", "</think>"]

  /// The number of ids in use, which an embedding table must have rows for.
  public static var tokenCount: Int { ByteAlphabet.scalars.count + addedTokens.count }

  /// The id of `<|im_end|>`, at which the language model would stop.
  public static var endID: Int { ByteAlphabet.scalars.count + 2 }

  /// The id of `<|endoftext|>`, which pads prompts.
  public static var padID: Int { ByteAlphabet.scalars.count }

  /// The tokenizer itself, without files.
  public static func tokenizer() throws(TokenizationError) -> Tokenizer {
    var contents = TokenizerContents()
    for byte in UInt8.min...UInt8.max {
      contents.vocabulary[ByteAlphabet.spelling(of: byte)] = Int32(byte)
    }
    for (index, content) in addedTokens.enumerated() {
      contents.addedTokens[ByteString(content)] = Int32(padID + index)
    }
    return try Tokenizer(contents, directory: "bytes")
  }

  /// The names and contents of the directory's files.
  public static var files: [(name: String, contents: JSONValue)] {
    [("tokenizer.json", combined), ("tokenizer_config.json", configuration)]
  }

  /// `tokenizer.json` with the rules of the Qwen2 tokenizer (spec §2.2).
  private static var combined: JSONValue {
    let vocabulary = ByteAlphabet.scalars.enumerated().map { id, scalar in
      (String(scalar), JSONValue.integer(id))
    }
    let added = addedTokens.enumerated().map { index, content in
      JSONValue.object([("id", .integer(padID + index)), ("content", .string(content))] + flags)
    }
    return [
      "version": "1.0",
      "truncation": .null,
      "padding": .null,
      "added_tokens": .array(added),
      "normalizer": ["type": "NFC"],
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          [
            "type": "Split", "pattern": ["Regex": .string(split)], "behavior": "Isolated",
            "invert": false,
          ],
          byteLevel,
        ],
      ],
      "post_processor": byteLevel,
      "decoder": byteLevel,
      "model": [
        "type": "BPE",
        "dropout": .null,
        "unk_token": .null,
        "continuing_subword_prefix": "",
        "end_of_word_suffix": "",
        "fuse_unk": false,
        "byte_fallback": false,
        "vocab": .object(vocabulary),
        "merges": [],
      ],
    ]
  }

  private static var configuration: JSONValue {
    let added = addedTokens.enumerated().map { index, content in
      ("\(padID + index)", JSONValue.object([("content", .string(content))] + flags))
    }
    return [
      "tokenizer_class": "Qwen2Tokenizer",
      "add_bos_token": false,
      "add_prefix_space": false,
      "added_tokens_decoder": .object(added),
      "bos_token": .null,
      "eos_token": "<|im_end|>",
      "pad_token": "<|endoftext|>",
      "unk_token": .null,
      "model_max_length": 131072,
      "chat_template": .string(chatTemplate),
    ]
  }

  private static let flags: [(String, JSONValue)] = [
    ("lstrip", false), ("rstrip", false), ("single_word", false), ("normalized", false),
    ("special", true),
  ]
  private static let byteLevel: JSONValue = [
    "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false,
  ]
  /// The pattern of words.
  private static let split =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
    + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
  /// The part of Qwen3's template that the pipeline uses (`ChatTemplate`); `\n` is Jinja's.
  private static let chatTemplate =
    #"{%- for m in messages %}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"#
    + #"{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}"#
    + #"{%- if enable_thinking is defined and enable_thinking is false %}"#
    + #"{{- '<think>\n\n</think>\n\n' }}{%- endif %}{%- endif %}"#
}

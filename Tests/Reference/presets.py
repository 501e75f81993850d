"""Dimensions of the random models that stand in for FLUX.2 [klein].

Every inequality that matters in the real model is kept (heads x head width differs from the hidden
size in the text encoder, fewer key/value heads than heads, four packed channels per latent channel,
a padded embedding table), so that an implementation that confuses two dimensions cannot pass.
"""

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Preset:
    """One set of dimensions. Storage types are those of the files; arithmetic is float32."""

    text_hidden: int
    text_intermediate: int
    text_layers: int
    text_heads: int
    text_key_value_heads: int
    text_head_width: int
    text_tied_embeddings: bool
    double_blocks: int
    single_blocks: int
    heads: int
    head_width: int
    rope_axes: tuple
    timestep_channels: int
    latent_channels: int
    encoder_channels: tuple
    decoder_channels: tuple | None
    norm_groups: int
    vocabulary: int
    text_tokens: int = 512
    text_out_layers: tuple = (9, 18, 27)
    mlp_ratio: float = 3.0
    resnets_per_level: int = 2
    dynamic_shift: bool = True
    text_storage: str = "float32"
    transformer_storage: str = "float32"
    autoencoder_storage: str = "float32"

    @property
    def pixels_per_token(self):
        return 2 ** len(self.encoder_channels)

    def checked(self):
        assert sum(self.rope_axes) == self.head_width, "the rope axes must fill a head"
        last = max(self.text_out_layers)
        assert last < self.text_layers, "the last hidden state is normalised, the others not"
        return self

    def overriding(self, settings):
        """A copy with some dimensions replaced; lists become tuples, as JSON knows no tuples."""
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
        return replace(self, **values).checked()

    def as_json(self):
        return asdict(self)


TINY = Preset(
    text_hidden=40,
    text_intermediate=72,
    text_layers=29,
    text_heads=4,
    text_key_value_heads=2,
    text_head_width=16,
    text_tied_embeddings=True,
    double_blocks=2,
    single_blocks=3,
    heads=3,
    head_width=16,
    rope_axes=(4, 4, 4, 4),
    timestep_channels=32,
    latent_channels=4,
    encoder_channels=(8, 16, 16, 24),
    decoder_channels=None,
    norm_groups=4,
    vocabulary=900,
    text_storage="bfloat16",
)

PRESETS = {
    "tiny": TINY,
    # Uneven rope axes, untied head, the small decoder, four heads per key/value head.
    "wide": Preset(
        text_hidden=64,
        text_intermediate=160,
        text_layers=29,
        text_heads=8,
        text_key_value_heads=2,
        text_head_width=24,
        text_tied_embeddings=False,
        double_blocks=3,
        single_blocks=4,
        heads=4,
        head_width=32,
        rope_axes=(4, 12, 12, 4),
        timestep_channels=64,
        latent_channels=8,
        encoder_channels=(16, 32, 32, 48),
        decoder_channels=(8, 16, 24, 24),
        norm_groups=8,
        vocabulary=1500,
    ),
    # The features of `wide`, small enough for the repository, and all that a directory may state of
    # itself: other text layers, fewer text tokens, a static shift, three storage types.
    "compact": Preset(
        text_hidden=32,
        text_intermediate=80,
        text_layers=12,
        text_heads=6,
        text_key_value_heads=2,
        text_head_width=12,
        text_tied_embeddings=False,
        text_out_layers=(3, 6, 11),
        text_tokens=48,
        double_blocks=1,
        single_blocks=2,
        heads=2,
        head_width=32,
        rope_axes=(4, 12, 12, 4),
        timestep_channels=64,
        latent_channels=8,
        encoder_channels=(8, 16, 16, 24),
        decoder_channels=(8, 8, 16, 16),
        norm_groups=4,
        vocabulary=600,
        dynamic_shift=False,
        text_storage="bfloat16",
        transformer_storage="bfloat16",
        autoencoder_storage="float16",
    ),
    # Five levels: 16 pixels per latent and 32 per token.
    "deep": TINY.overriding(
        dict(
            encoder_channels=(8, 8, 16, 16, 24),
            text_out_layers=(4, 8, 12),
            text_layers=14,
            text_tokens=64,
        )
    ),
    # The proportions of klein-4B in everything that single files leave to knowledge of the family;
    # only depth and width shrink.
    "faithful": Preset(
        text_hidden=96,
        text_intermediate=256,
        text_layers=36,
        text_heads=4,
        text_key_value_heads=1,
        text_head_width=128,
        text_tied_embeddings=True,
        double_blocks=2,
        single_blocks=2,
        heads=2,
        head_width=128,
        rope_axes=(32, 32, 32, 32),
        timestep_channels=256,
        latent_channels=32,
        encoder_channels=(32, 32, 64, 64),
        decoder_channels=None,
        norm_groups=32,
        vocabulary=1200,
        transformer_storage="bfloat16",
    ),
}

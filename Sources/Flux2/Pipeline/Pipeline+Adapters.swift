extension Pipeline {
  /// Opens a LoRA file of any known spelling; it must fit this model's transformer.
  public func loadAdapter(file: String) throws(Flux2Error) -> LoRAAdapter {
    try LoRAAdapter.open(file: file, for: model.transformer.configuration)
  }
}

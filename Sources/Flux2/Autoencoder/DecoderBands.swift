import Tensors

/// The division of the decoder's last resolution into bands.
package struct DecoderBanding: Sendable {
  /// Bytes of the residual stream, `[H, W, C]`, up to which it is not divided: klein's at 2048x1024.
  let wholeByteCount: Int
  /// Rows of a band, a multiple of 8; of klein's at 2048 columns they take 64 MB, and the margins an eighth more.
  let rowsPerBand: Int

  /// Describes a division; the default bounds what klein's decoder takes.
  package init(wholeByteCount: Int = 1 << 30, rowsPerBand: Int = 64) {
    precondition(rowsPerBand > 0 && rowsPerBand % 8 == 0, "bands of \(rowsPerBand) rows")
    self.wholeByteCount = wholeByteCount
    self.rowsPerBand = rowsPerBand
  }
}

/// The decoder's last resolution in bands of rows, for images whose feature maps do not fit beside each other.
///
/// Whole, it holds the doubled image, the residual stream and a hidden image. Here it holds the image before the
/// doubling until the stream, which is as large as all bands, replaces it; doubled and hidden images are computed
/// again for each band, first for the moments of a group norm, which are those of the whole image, then to be used.
/// That takes about twice the products of the last resolution.
///
/// A band is computed with rows beside it, as far as its convolutions reach, so that no row depends on where bands
/// begin.
struct DecoderBands {
  /// Rows that two 3x3 convolutions reach, in whole tiles of minimal filtering, F(4, 3), which then lie in a
  /// band as in the whole image.
  static let margin = 4

  /// Doubles the image before.
  let upsampler: Conv2d
  /// The first block of the last resolution, which may change the number of channels.
  let firstResnet: ResidualBlock
  /// The blocks behind it.
  let resnets: ArraySlice<ResidualBlock>
  /// Rows of a band: a multiple of 8.
  let rowsPerBand: Int
  let device: Device

  /// Replaces the image before the doubling, `[H, W, C]`, by the last block's output, `[2H, 2W, D]`.
  /// - Throws: Only what `blockDone` throws; it is called as often as for the whole image.
  func apply(to x: inout FeatureMap, blockDone: BlockDone) throws {
    let height = 2 * x.pixels.shape[0]
    var stream = try applyFirst(to: &x, blockDone: blockDone)
    for block in resnets {
      try apply(block, to: &stream, height: height, blockDone: blockDone)
    }
    x = FeatureMap(stream.pixels, moments: stream.moments)
  }

  /// An image that is written band by band, and the moments of what was written.
  private struct Stream {
    var pixels: Tensor
    var moments: ChannelMoments
  }

  /// Doubles an image, whose memory is given back, and applies the first block, which writes the stream.
  private func applyFirst(to x: inout FeatureMap, blockDone: BlockDone) throws -> Stream {
    // A shortcut in place has left the image the memory of its input, of twice the channels.
    let image = x.pixels.imageRows(0..<x.pixels.shape[0])
    x = .empty
    let (height, width) = (2 * image.shape[0], 2 * image.shape[1])
    let moments = ChannelMoments(
      combining: bands(height).map { device.channelMoments(of: doubled(image, $0)) })
    try blockDone()
    var stream = Tensor(zeros: [height, width, firstResnet.conv2.kernel.weight.shape[0]])
    let written = try run(
      firstResnet, height: height, moments, blockDone: blockDone,
      read: { doubled(image, extended($0, height)) },
      write: { stream.replaceImageRows(from: $0.lowerBound, by: $1) })
    return Stream(pixels: stream, moments: written)
  }

  /// Applies a block in the memory of the stream.
  private func apply(
    _ block: ResidualBlock, to stream: inout Stream, height: Int, blockDone: BlockDone
  ) throws {
    // The rows before the band, as they were before the band there replaced them.
    var above: Tensor?
    stream.moments = try run(
      block, height: height, stream.moments, blockDone: blockDone,
      read: { rows in
        let below = extended(rows, height).upperBound
        guard let above else { return stream.pixels.imageRows(extended(rows, height)) }
        return above.stackedOn(stream.pixels.imageRows(rows.lowerBound..<below))
      },
      write: { rows, pixels in
        above = stream.pixels.imageRows(rows.upperBound - Self.margin..<rows.upperBound)
        stream.pixels.replaceImageRows(from: rows.lowerBound, by: pixels)
      })
  }

  /// Runs a block over all bands twice: for the moments of its hidden image, and for its output.
  /// - Parameters:
  ///   - moments: The moments of its whole input.
  ///   - read: Returns the input of a band with its margins.
  ///   - write: Takes the output of a band; later bands need only their own input and what `read` adds.
  /// - Returns: The moments of the whole output.
  private func run(
    _ block: ResidualBlock, height: Int, _ moments: ChannelMoments, blockDone: BlockDone,
    read: (Range<Int>) -> Tensor, write: (Range<Int>, Tensor) -> Void
  ) throws -> ChannelMoments {
    var hidden = FeatureMap.empty
    let hiddenMoments = ChannelMoments(
      combining: bands(height).map { rows in
        let x = FeatureMap(read(rows), moments: moments)
        block.conv1.write(x, after: block.norm1, into: &hidden, on: device)
        return device.channelMoments(of: inner(hidden.pixels, rows))
      })
    try blockDone()
    let outputMoments = ChannelMoments(
      combining: bands(height).map { rows in
        var x = FeatureMap(read(rows), moments: moments)
        block.conv1.write(x, after: block.norm1, into: &hidden, on: device)
        block.shortcut?.apply(to: &x, on: device)
        block.conv2.add(
          FeatureMap(hidden.pixels, moments: hiddenMoments), after: block.norm2, to: &x, on: device)
        let output = inner(x.pixels, rows)
        write(rows, output)
        return device.channelMoments(of: output)
      })
    try blockDone()
    return outputMoments
  }

  /// The bands of an image; the last one is not smaller than a margin.
  private func bands(_ height: Int) -> [Range<Int>] {
    let count = max(height / rowsPerBand, 1)
    return (0..<count).map {
      $0 * rowsPerBand..<($0 + 1 == count ? height : ($0 + 1) * rowsPerBand)
    }
  }

  /// A band with its margins, inside the image.
  private func extended(_ rows: Range<Int>, _ height: Int) -> Range<Int> {
    max(rows.lowerBound - Self.margin, 0)..<min(rows.upperBound + Self.margin, height)
  }

  /// The rows of a band, of an image that begins with its margin.
  private func inner(_ image: Tensor, _ rows: Range<Int>) -> Tensor {
    let first = min(rows.lowerBound, Self.margin)
    return image.imageRows(first..<first + rows.count)
  }

  /// Rows of the doubled image.
  private func doubled(_ image: Tensor, _ rows: Range<Int>) -> Tensor {
    let first = max(rows.lowerBound / 2 - Self.margin, 0)
    let last = min((rows.upperBound + 1) / 2 + Self.margin, image.shape[0])
    let part = upsampler(FeatureMap(image.imageRows(first..<last)), on: device).pixels
    return part.imageRows(rows.lowerBound - 2 * first..<rows.upperBound - 2 * first)
  }
}

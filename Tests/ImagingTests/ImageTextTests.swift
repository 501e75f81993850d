import Imaging
import Testing

@Suite struct ImageTextTests {
  private static let picture = Raster(
    width: 67, height: 45,
    pixels: (0..<67 * 45 * 3).map { UInt8(truncatingIfNeeded: 128 + $0 / 3 % 67 - $0 / 201) })
  private static let texts = [
    ImageText(keyword: "prompt", value: "海辺の赤い狐 🦊\n\"quoted\" \u{1B}"),
    ImageText(keyword: "seed", value: "42"), ImageText(keyword: "Clé", value: ""),
  ]

  @Test(arguments: OutputFormat.allCases, [texts, []])
  func `texts come back from every format, and do not touch the pixels`(
    format: OutputFormat, texts: [ImageText]
  ) throws {
    let encoding = ImageEncoding(format, quality: 95)
    let file = try ImageEncoder.encode(Self.picture, as: encoding, text: texts)
    #expect(ImageFormat.sniff(file)?.rawValue == format.rawValue)
    #expect(try ImageTextReader.read(file) == texts)
    let plain = try ImageEncoder.encode(Self.picture, as: encoding)
    #expect(try ImageDecoder.decode(file) == ImageDecoder.decode(plain))
    #expect(try ImageEncoder.encode(Self.picture, as: encoding, text: texts) == file)
  }

  @Test(arguments: [OutputFormat.jpeg, .webp])
  func `a better quality is nearer to the image, and larger`(format: OutputFormat) throws {
    var files: [(difference: Int, byteCount: Int)] = []
    for quality in [0, 50, 100] {
      let file = try ImageEncoder.encode(
        Self.picture, as: ImageEncoding(format, quality: quality))
      let drawn = try ImageDecoder.decode(file)
      #expect((drawn.width, drawn.height) == (67, 45))
      let difference = zip(drawn.pixels, Self.picture.pixels).reduce(0) {
        $0 + abs(Int($1.0) - Int($1.1))
      }
      files.append((difference, file.count))
    }
    for (worse, better) in zip(files, files.dropFirst()) {
      #expect(worse.difference > better.difference && worse.byteCount < better.byteCount)
    }
    #expect(files[2].difference < Self.picture.pixels.count * 2)
  }

  @Test func `an image of one pixel is written in every format`() throws {
    let dot = Raster(width: 1, height: 1, pixels: [200, 30, 40])
    for format in OutputFormat.allCases {
      let file = try ImageEncoder.encode(dot, as: ImageEncoding(format), text: Self.texts)
      #expect(try ImageDecoder.decode(file).width == 1)
    }
  }

  @Test(arguments: [OutputFormat.jpeg, .webp])
  func `a side that the format cannot have is an error that says so`(format: OutputFormat) throws {
    let long = Raster(width: 70_000, height: 1, pixels: [UInt8](repeating: 9, count: 210_000))
    let error = #expect(throws: ImagingError.self) {
      try ImageEncoder.encode(long, as: ImageEncoding(format))
    }
    #expect(error?.code == .encodingFailed && error?.message.contains("pixels") == true)
  }

  @Test func `texts that a JPEG's segment cannot hold are refused`() throws {
    let long = ImageText(keyword: "prompt", value: String(repeating: "x", count: 40_000))
    let error = #expect(throws: ImagingError.self) {
      try ImageEncoder.encode(Self.picture, as: ImageEncoding(.jpeg), text: [long])
    }
    #expect(error?.code == .invalidText)
    let webp = try ImageEncoder.encode(Self.picture, as: ImageEncoding(.webp), text: [long])
    #expect(try ImageTextReader.read(webp) == [long])
  }

  @Test(arguments: [OutputFormat.jpeg, .webp])
  func `a file that is cut or altered has texts, or none, or is refused`(
    format: OutputFormat
  ) throws {
    let file = try ImageEncoder.encode(Self.picture, as: ImageEncoding(format), text: Self.texts)
    for count in 0..<file.count {
      #expect(throws: ImagingError.self) { try ImageDecoder.decode(Array(file.prefix(count))) }
      _ = try? ImageTextReader.read(Array(file.prefix(count)))
    }
    var reads = 0
    for place in file.indices {
      for value in [0, 0x7F, 0xFF] as [UInt8] {
        var altered = file
        altered[place] = value
        if let texts = try? ImageTextReader.read(altered), texts == Self.texts { reads += 1 }
      }
    }
    // Most bytes are pixels'.
    #expect(reads > file.count)
  }

  @Test func `comments of other programs are not texts`() throws {
    var file = try ImageEncoder.encode(
      Self.picture, as: ImageEncoding(.jpeg), text: [ImageText(keyword: "a", value: "b")])
    let brace = try #require(file.indices.first { file[$0...].starts(with: [0, 0x7B, 0, 0x22]) })
    file[brace + 1] = UInt8(ascii: "[")
    #expect(try ImageTextReader.read(file).isEmpty)
    #expect(try ImageDecoder.decode(file).width == 67)
  }
}

extension Raster {
  /// Places a frame on a white canvas that is at least as large.
  /// - Parameters:
  ///   - frame: The frame; it must lie inside the canvas.
  ///   - x: Its first column.
  ///   - y: Its first row.
  ///   - width: The canvas's columns.
  ///   - height: The canvas's rows.
  init(placing frame: Raster, x: Int, y: Int, onWhiteWidth width: Int, height: Int) {
    precondition(
      x >= 0 && y >= 0 && frame.width <= width - x && frame.height <= height - y,
      "\(frame.width)x\(frame.height) at (\(x), \(y)) is not inside \(width)x\(height)")
    guard frame.width < width || frame.height < height else {
      self = frame
      return
    }
    var pixels = [UInt8](repeating: 255, count: width * height * 3)
    let rowCount = frame.width * 3
    for row in 0..<frame.height {
      let target = ((y + row) * width + x) * 3
      pixels.replaceSubrange(
        target..<target + rowCount, with: frame.pixels[row * rowCount..<(row + 1) * rowCount])
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}

public import Tensors
public import TestSupport
public import Weights

extension Fixture {
  /// The tensors of a safetensors file.
  public static func tensors(_ relative: String) throws -> FixtureTensors {
    FixtureTensors(checkpoint: try Checkpoint.open(file: path(relative)))
  }
}

/// The tensors of a fixture file, by name.
public struct FixtureTensors: Sendable {
  /// The file they come from.
  public let checkpoint: Checkpoint

  /// Wraps an open file.
  public init(checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
  }

  /// All names, sorted.
  public var names: [String] { checkpoint.tensors.keys.sorted() }

  /// Returns whether a tensor of this name exists.
  public func contains(_ name: String) -> Bool { checkpoint.tensors[name] != nil }

  /// A tensor as the reference stored it.
  public func tensor(_ name: String) throws -> Tensor {
    guard let stored = checkpoint.tensors[name] else {
      throw MissingTensor(name: name, file: checkpoint.name)
    }
    return stored.widened()
  }

  /// An image or feature map, turned from the reference's `[C, H, W]` to `[H, W, C]`.
  public func image(_ name: String) throws -> Tensor {
    let source = try tensor(name)
    precondition(source.shape.count == 3, "\(name) has the shape \(source.shape), not [C, H, W]")
    let (channels, pixels) = (source.shape[0], source.shape[1] * source.shape[2])
    var elements = [Float](repeating: 0, count: source.elements.count)
    for channel in 0..<channels {
      for pixel in 0..<pixels {
        elements[pixel * channels + channel] = source.elements[channel * pixels + pixel]
      }
    }
    return Tensor(shape: [source.shape[1], source.shape[2], channels], elements: elements)
  }

  /// A name that a test asked for and the file lacks.
  public struct MissingTensor: Error, CustomStringConvertible {
    let name: String
    let file: String

    /// The name of the missing tensor, and the file.
    public var description: String { "no tensor \(name) in \(file)" }
  }
}

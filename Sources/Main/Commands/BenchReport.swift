import Flux2
import JSON
import Measurement
import Rendering
import Tensors

/// The figures of `iris bench`, as a table and as JSON.
struct BenchReport {
  /// A product and its durations.
  struct Product {
    let product: LinearProduct
    let samples: Samples

    init(_ product: LinearProduct, _ samples: Samples) {
      (self.product, self.samples) = (product, samples)
    }
  }

  /// One line of the table.
  private struct Row {
    let section: String
    let name: String
    let samples: Samples
    /// Operations of one run; nil where they are not counted.
    let operations: Double?
  }

  let title: String
  let size: PixelSize
  let stepCount: Int
  let threadCount: Int
  let precision: PrecisionChoice
  let provider: ProductChoice
  let rates: MachineRates
  let products: [Product]
  let work: ModelWork
  let renders: RenderMeasurement

  private var rows: [Row] {
    let products = products.map {
      Row(
        section: "products",
        name: "\($0.product.name) \($0.product.m)x\($0.product.n)x\($0.product.k)",
        samples: $0.samples, operations: $0.product.operations)
    }
    let parts: [(String, String, RenderMeasurement.Part, Double?)] = [
      ("blocks", "text encoder layer", .textLayer, work.textLayer),
      ("blocks", "double stream block", .doubleBlock, work.doubleBlock),
      ("blocks", "single stream block", .singleBlock, work.singleBlock),
      ("stages", "prompt", .text, work.textEncoder), ("stages", "step", .step, work.step),
      ("stages", "decoding", .decoding, nil),
      ("renders", "whole", .whole, nil),
    ]
    return products
      + parts.compactMap { section, name, part, operations in
        renders.samples(part).map {
          Row(section: section, name: name, samples: $0, operations: operations)
        }
      }
  }

  /// The table for people.
  var lines: [String] {
    var lines = [
      "\(title), \(size), \(stepCount) steps, \(threadCount) threads, \(Device.instructionSet), "
        + "\(precision.precision): \(precision.reason)",
      "multiplied by \(provider.description(in: precision.precision))",
      "registers, float32: \(Self.gigaflops(rates.peak)) GFLOP/s; square product: "
        + "\(Self.gigaflops(rates.product)) GFLOP/s, \(Self.percent(rates.product / rates.peak)) of it",
    ]
    var section = ""
    for row in rows {
      if row.section != section {
        section = row.section
        lines.append(
          Self.columns(section, ["median", "GFLOP/s", "of square", "of registers"]))
      }
      let rate = row.operations.map { $0 / row.samples.median }
      lines.append(
        Self.columns(
          "  " + row.name,
          [
            Self.duration(row.samples.median), rate.map(Self.gigaflops) ?? "",
            rate.map { Self.percent($0 / rates.product) } ?? "",
            rate.map { Self.percent($0 / rates.peak) } ?? "",
          ]))
    }
    return lines
  }

  /// The same as one object.
  var json: JSONValue {
    [
      "model": .string(title), "size": .string("\(size)"), "steps": .integer(stepCount),
      "threads": .integer(threadCount), "instruction_set": .string(Device.instructionSet),
      "precision": .string(precision.precision.rawValue),
      "precision_reason": .string(precision.reason),
      "products": .string(provider.provider(in: precision.precision).rawValue),
      "products_reason": .string(provider.description(in: precision.precision)),
      "register_gflops": .number(rates.peak / 1e9),
      "square_product_gflops": .number(rates.product / 1e9),
      "measurements": .array(rows.map { json(of: $0) }),
    ]
  }

  private func json(of row: Row) -> JSONValue {
    let rate = row.operations.map { $0 / row.samples.median }
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    return [
      "section": .string(row.section), "name": .string(row.name),
      "median_seconds": .number(row.samples.median), "best_seconds": .number(row.samples.best),
      "samples": .integer(row.samples.count), "gflops": number(rate.map { $0 / 1e9 }),
      "of_square_product": number(rate.map { $0 / rates.product }),
      "of_registers": number(rate.map { $0 / rates.peak }),
    ]
  }

  private static func columns(_ name: String, _ values: [String]) -> String {
    func blanks(_ count: Int) -> String { String(repeating: " ", count: max(count, 1)) }
    let cells = values.map { blanks(14 - $0.utf8.count) + $0 }.joined()
    let line = name + blanks(44 - name.utf8.count) + cells
    return String(decoding: line.utf8.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
  }

  private static func duration(_ seconds: Double) -> String {
    seconds < 1 ? "\((seconds * 1e5).rounded() / 100) ms" : "\((seconds * 100).rounded() / 100) s"
  }

  private static func gigaflops(_ rate: Double) -> String { "\((rate / 1e8).rounded() / 10)" }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

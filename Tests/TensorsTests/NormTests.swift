import Tensors
import Testing

@Suite struct NormTests {
  let device = Device(threadCount: 2)

  @Test(arguments: [3, 16, 70])
  func `modulation scales by one plus scale and then shifts`(columns: Int) {
    let x = Naive.tensor([21, columns], seed: 1)
    let shift = Naive.tensor([columns], seed: 2)
    let scale = Naive.tensor([columns], seed: 3)
    let result = device.modulatedLayerNorm(x, shift: shift, scale: scale, epsilon: 1e-6)
    var expected = x
    for row in 0..<21 {
      let values = x.elements[row * columns..<(row + 1) * columns].map(Double.init)
      let mean = values.reduce(0, +) / Double(columns)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      for column in 0..<columns {
        let normal = (values[column] - mean) / (variance + 1e-6).squareRoot()
        expected.elements[row * columns + column] = Float(
          (1 + Double(scale.elements[column])) * normal + Double(shift.elements[column]))
      }
    }
    let found = worst(result, expected)
    #expect(found.difference < 3e-6, "element \(found.index)")
  }

  @Test func `the root mean square divides, the weight multiplies`() {
    let x = Tensor(shape: [1, 4], elements: [2, -2, 2, -2])
    let weight = Tensor(shape: [4], elements: [1, 2, 3, 4])
    let result = device.rmsNorm(x, weight: weight, epsilon: 0)
    #expect(result.elements == [1, -2, 3, -4])
  }

  @Test func `interleaved pairs and halves rotate different features`() {
    let weight = Tensor(shape: [4], elements: [1, 1, 1, 1])
    let cosines = Tensor(shape: [1, 2], elements: [0, 1])
    let sines = Tensor(shape: [1, 2], elements: [1, 0])
    // Root mean square of 1, 1, 1, -1 is 1: the norm changes nothing, pair 0 turns by 90 degrees.
    let x = Tensor(shape: [1, 6], elements: [9, 1, 1, 1, -1, 9])
    for (pairing, expected) in [
      (RotaryTable.Pairing.interleaved, [9, -1, 1, 1, -1, 9] as [Float]),
      (.halves, [9, -1, 1, 1, -1, 9]),
    ] {
      let table = RotaryTable(cosines: cosines, sines: sines, pairing: pairing)
      var rotated = x
      device.normaliseAndRotateHeads(
        &rotated, columns: 1..<5, weight: weight, rotary: table, tableRows: 0..<1, epsilon: 0)
      #expect(rotated.elements == expected)
    }
    let distinct = Tensor(shape: [1, 4], elements: [1, -1, 1, 1])
    for (pairing, expected) in [
      (RotaryTable.Pairing.interleaved, [1, 1, 1, 1] as [Float]), (.halves, [-1, -1, 1, 1]),
    ] {
      let table = RotaryTable(cosines: cosines, sines: sines, pairing: pairing)
      var rotated = distinct
      device.normaliseAndRotateHeads(
        &rotated, columns: 0..<4, weight: weight, rotary: table, tableRows: 0..<1, epsilon: 0)
      #expect(rotated.elements == expected)
    }
  }

  @Test(
    arguments: [false, true],
    [[5, 7, 8, 4], [40, 33, 24, 3], [3, 3, 40, 8]])
  func `group norm averages over pixels and the group's channels`(silu: Bool, shape: [Int]) {
    let (channels, groups) = (shape[2], shape[3])
    let x = Naive.tensor([shape[0], shape[1], channels], seed: 5)
    let weight = Naive.tensor([channels], seed: 6)
    let bias = Naive.tensor([channels], seed: 7)
    let result = device.normalized(
      x,
      by: ChannelNormalization(
        device.channelMoments(of: x), weight: weight, bias: bias, groups: groups, epsilon: 1e-6,
        silu: silu))
    let width = channels / groups
    var expected = x
    for group in 0..<groups {
      let members = x.elements.indices.filter { $0 % channels / width == group }
      let mean = members.reduce(0.0) { $0 + Double(x.elements[$1]) } / Double(members.count)
      let variance =
        members.reduce(0.0) {
          $0 + (Double(x.elements[$1]) - mean) * (Double(x.elements[$1]) - mean)
        } / Double(members.count)
      for index in members {
        let channel = index % channels
        let normal = (Double(x.elements[index]) - mean) / (variance + 1e-6).squareRoot()
        let value = normal * Double(weight.elements[channel]) + Double(bias.elements[channel])
        expected.elements[index] = Float(silu ? value / (1 + Double.exponential(-value)) : value)
      }
    }
    let found = worst(result, expected)
    #expect(found.difference < 3e-6, "element \(found.index)")
  }
}

import TensorTestSupport
import Tensors
import TestSupport
import Testing

@Suite struct FixtureTests {
  @Test(arguments: ["tiny", "compact"])
  func `every render has its image, its tensors and its references`(model: String) throws {
    let folder = "reference/\(model)"
    let cases = try ReferenceCase.all(in: folder)
    #expect(cases.count >= 6)
    for reference in cases {
      let tensors = try Fixture.tensors("\(folder)/cases/\(reference.name).safetensors")
      #expect(tensors.contains("denoised") || reference.strength == 0)
      #expect(try Fixture.bytes("\(folder)/cases/\(reference.name).png").count > 1000)
      for image in reference.references {
        #expect(try Fixture.bytes("\(folder)/images/\(image)").count > 1000)
      }
    }
  }

  @Test func `images are turned to channels-last`() throws {
    let tensors = try Fixture.tensors("reference/tiny/autoencoder.safetensors")
    let (stored, turned) = (try tensors.tensor("input.pixels"), try tensors.image("input.pixels"))
    #expect(stored.shape == [3, 32, 48])
    #expect(turned.shape == [32, 48, 3])
    #expect(turned.elements[(5 * 48 + 7) * 3 + 2] == stored.elements[(2 * 32 + 5) * 48 + 7])
  }

  @Test func `a missing tensor is an error that names it`() throws {
    let tensors = try Fixture.tensors("reference/tiny/text.safetensors")
    #expect(throws: FixtureTensors.MissingTensor.self) { try tensors.tensor("nothing") }
  }
}

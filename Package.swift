// swift-tools-version: 6.2
import PackageDescription

/// One list for every Swift target: the language mode and the checks all of them share.
let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// C targets carry loops and library calls only; `-O3` also in debug builds, since a kernel without it
/// is some thirty times slower.
let cSettings: [CSetting] = [
  .unsafeFlags(["-std=c17", "-O3", "-Wall", "-Wextra", "-Wconversion", "-Werror"])
]

/// The commit that is built, as the front door says it.
///
/// SwiftPM's own `gitInformation` would stay what it was when this file was last read. Whoever else
/// builds gets `unknown`, never something outdated.
let commit = (Context.environment["BUILD_COMMIT"] ?? "").filter {
  $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
}

func module(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "iris",
  products: [
    .executable(name: "iris", targets: ["Main"]),
    .executable(name: "bench", targets: ["Benchmarks"]),
  ],
  targets: [
    .target(name: "CKernels", cSettings: cSettings),
    .target(name: "CProducts", dependencies: ["CKernels"], cSettings: cSettings),
    .target(
      name: "CCodecs", cSettings: cSettings,
      linkerSettings: ["png", "z", "jpeg", "webp"].map { .linkedLibrary($0) }),
    module("Text"),
    module("JSON", uses: ["Text"]),
    module("Imaging", uses: ["CCodecs", "Files", "Hashing", "JSON", "Text"]),
    module("Tensors", uses: ["CKernels", "CProducts"]),
    module("Files", uses: ["Text"]),
    module("Weights", uses: ["Files", "Hashing", "JSON", "Tensors", "Text"]),
    module("Tokenization", uses: ["Files", "JSON", "Text"]),
    .systemLibrary(name: "CCrypto"),
    module("Hashing", uses: ["CCrypto"]),
    .systemLibrary(name: "CSQLite"),
    .systemLibrary(name: "CPostgreSQL"),
    module("Accounts", uses: ["CPostgreSQL", "CSQLite", "Hashing", "JSON"]),
    .target(name: "CHTTP", cSettings: cSettings),
    module("HTTP", uses: ["CHTTP", "Text"]),
    module(
      "Flux2",
      uses: [
        "Files", "Hashing", "Imaging", "JSON", "Tensors", "Text", "Tokenization", "Weights",
      ]),
    module("Measurement", uses: ["Flux2", "Tensors"]),
    .target(
      name: "CVersion",
      cSettings: cSettings + [
        .define("IRIS_COMMIT", to: "\"\(commit.isEmpty ? "unknown" : commit)\"")
      ]),
    module(
      "Rendering",
      uses: ["CVersion", "Files", "Flux2", "Hashing", "Imaging", "JSON", "Tensors", "Text"]),
    .target(
      name: "CWeb",
      // Files are embedded by C23's `#embed`.
      cSettings: [.unsafeFlags(["-std=c23", "-Wall", "-Wextra", "-Wconversion", "-Werror"])]),
    .target(
      name: "Web", dependencies: ["CCodecs", "CWeb", "Hashing", "HTTP", "JSON", "Text"],
      exclude: ["Assets"], swiftSettings: swiftSettings),
    module(
      "API",
      uses: ["Accounts", "Flux2", "HTTP", "Hashing", "Imaging", "JSON", "Rendering", "Text", "Web"]),
    .executableTarget(
      name: "Main",
      dependencies: [
        "API", "Accounts", "Files", "Flux2", "HTTP", "Hashing", "Imaging", "JSON", "Measurement",
        "Rendering", "Tensors", "Text",
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Accounts", "Flux2", "Hashing", "HTTP", "JSON", "LoadSupport", "Measurement", "Tensors",
        "TestSupport", "Text",
      ],
      exclude: ["LOG.md", "ratios.json"],
      swiftSettings: swiftSettings),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
    .target(
      name: "TensorTestSupport", dependencies: ["Tensors", "TestSupport", "Weights"],
      path: "Tests/TensorTestSupport", swiftSettings: swiftSettings),
    .target(
      name: "LoadSupport",
      dependencies: ["API", "Accounts", "Flux2", "HTTP", "Imaging", "Rendering", "TestSupport"],
      path: "Tests/LoadSupport", swiftSettings: swiftSettings),
    tests("Text", uses: ["TestSupport"]),
    tests("JSON", uses: ["Text"]),
    tests("Imaging", uses: ["TestSupport"]),
    tests("Tensors", uses: ["TestSupport"]),
    tests("TensorTestSupport", uses: ["Tensors", "TestSupport"]),
    tests("Files", uses: ["TestSupport"]),
    tests("Hashing", uses: []),
    tests("Accounts", uses: ["CSQLite", "JSON", "TestSupport"]),
    tests("Weights", uses: ["TestSupport", "Tensors", "Text"]),
    tests("Tokenization", uses: ["TestSupport"]),
    tests("HTTP", uses: ["TestSupport", "Text"]),
    tests("Web", uses: ["HTTP", "JSON", "TestSupport", "Text"]),
    tests(
      "Flux2",
      uses: [
        "Hashing", "Imaging", "TensorTestSupport", "Tensors", "TestSupport", "Text", "Weights",
      ]),
    tests("Measurement", uses: ["Flux2", "Tensors"]),
    tests("Rendering", uses: ["Flux2", "Imaging", "Tensors", "TestSupport"]),
    tests(
      "API",
      uses: [
        "Accounts", "Flux2", "HTTP", "Imaging", "JSON", "LoadSupport", "Rendering",
        "TestSupport", "Text",
      ]),
    tests("Main", uses: ["Accounts", "Imaging", "LoadSupport", "Rendering", "TestSupport"]),
  ]
)

/// The commands of `./iris`, the script at the root of the source tree.
enum FrontDoor {
  /// A command of the script.
  struct Command {
    /// Its word.
    let name: String
    /// One line for help texts.
    let summary: String
    /// The text of its help.
    let page: String
  }

  /// All of them.
  static let commands = [
    Command(
      name: "test", summary: "run the tests; only in the source tree",
      page: """
        ./iris test [options of swift test]
        run the tests; only in the source tree

        Installs what the tests need, builds, and runs every test. `./iris test --filter MainTests` runs
        some of them; IRIS_TEST_PYTHON names a Python that has the clients of Tests/SDK, and
        IRIS_TEST_CLIENTS=required makes it a failure if one is missing.
        """),
    Command(
      name: "install", summary: "install a tree for a service; only in the source tree",
      page: """
        ./iris install DIR
        install a tree for a service; only in the source tree

        Builds a program that needs neither Swift nor these sources, and puts it into DIR with its models
        and LoRAs. What was there stays beside it as DIR.old. Documentation/serving.md goes on from there.
        """),
  ]
}

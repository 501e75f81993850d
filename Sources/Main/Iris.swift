@main
struct Iris {
  static func main() {}
}

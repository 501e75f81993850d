import Glibc

/// The matrix product of an installed library, loaded at run time: `y[m, n] = x[m, k] · w[n, k]ᵀ`.
@safe struct Peer {
  /// The library's name.
  let name: String
  /// Computes the product; the arguments are `x`, `w`, `y`, `m`, `n`, `k`.
  let product:
    (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int32,
      Int32, Int32
    ) -> Void

  /// The installed libraries, set to use this many threads.
  static func installed(threads: Int) -> [Peer] {
    [openBLAS(threads: threads), oneDNN(threads: threads)].compactMap { $0 }
  }

  private static func symbol<Function>(
    _ name: String, in library: UnsafeMutableRawPointer, as type: Function.Type
  ) -> Function? {
    unsafe dlsym(library, name).map { unsafe unsafeBitCast($0, to: type) }
  }

  private static func library(_ names: [String]) -> UnsafeMutableRawPointer? {
    for name in names {
      if let handle = unsafe dlopen(name, RTLD_NOW) { return unsafe handle }
    }
    return nil
  }

  /// `cblas_sgemm` of OpenBLAS.
  private static func openBLAS(threads: Int) -> Peer? {
    typealias Product =
      @convention(c) (
        Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
        UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
      ) -> Void
    guard let library = unsafe library(["libopenblas.so.0"]),
      let product = unsafe symbol("cblas_sgemm", in: library, as: Product.self),
      let limit = unsafe symbol(
        "openblas_set_num_threads", in: library, as: (@convention(c) (Int32) -> Void).self)
    else { return nil }
    limit(Int32(threads))
    let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)
    return unsafe Peer(name: "OpenBLAS") { x, w, y, m, n, k in
      unsafe product(rowMajor, plain, transposed, m, n, k, 1, x, k, w, k, 0, y, n)
    }
  }

  /// `dnnl_sgemm` of oneDNN, 2.x or 3.x.
  private static func oneDNN(threads: Int) -> Peer? {
    typealias Product =
      @convention(c) (
        CChar, CChar, Int64, Int64, Int64, Float, UnsafePointer<Float>, Int64,
        UnsafePointer<Float>, Int64, Float, UnsafeMutablePointer<Float>, Int64
      ) -> Int32
    unsafe setenv("OMP_NUM_THREADS", String(threads), 1)
    guard let library = unsafe library(["libdnnl.so.3", "libdnnl.so.2"]),
      let product = unsafe symbol("dnnl_sgemm", in: library, as: Product.self)
    else { return nil }
    let (plain, transposed) = (CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "T")))
    return unsafe Peer(name: "oneDNN") { x, w, y, m, n, k in
      let wide = (Int64(m), Int64(n), Int64(k))
      _ = unsafe product(
        plain, transposed, wide.0, wide.1, wide.2, 1, x, wide.2, w, wide.2, 0, y, wide.1)
    }
  }
}

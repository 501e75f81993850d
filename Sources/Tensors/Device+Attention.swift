import CKernels

/// The keys that each query may attend to.
public struct AttentionMask: Sendable, Equatable {
  /// Number of keys that are visible, from the first on; `nil` means all.
  public var keyCount: Int?
  /// True if query `i` sees only keys `j ≤ i`.
  public var isCausal = false

  /// Creates a mask; by default every query sees every key.
  public init(keyCount: Int? = nil, isCausal: Bool = false) {
    self.keyCount = keyCount
    self.isCausal = isCausal
  }
}

/// The division of the columns of queries, keys and values into heads.
public struct HeadLayout: Sendable, Equatable {
  /// Number of query heads, `H`.
  public var count: Int
  /// Number of key and value heads, `H_kv`; each serves `count / keyValueCount` consecutive query
  /// heads.
  public var keyValueCount: Int
  /// Features per head, `D`.
  public var headDim: Int

  /// Creates a layout; without `keyValueCount` every query head has its own keys and values.
  public init(count: Int, keyValueCount: Int? = nil, headDim: Int) {
    self.count = count
    self.keyValueCount = keyValueCount ?? count
    self.headDim = headDim
  }
}

extension Device {
  /// Scaled dot-product attention, `softmax(q·kᵀ / √D) · v` per head, computed in blocks so that
  /// the whole score matrix is never stored (Rabe & Staats, arXiv:2112.05682; Milakov & Gimelshein,
  /// arXiv:1805.02867).
  /// - Parameters:
  ///   - q: Queries, `[N, H·D]`.
  ///   - k: Keys, `[S, H_kv·D]`.
  ///   - v: Values, `[S, H_kv·D]`.
  ///   - heads: The division into heads.
  ///   - mask: The visible keys; each query must see at least one.
  ///   - precision: That of both products; `int8` is computed in bfloat16.
  /// - Returns: `[N, H·D]`.
  public func attention(
    _ q: some Matrix, _ k: some Matrix, _ v: some Matrix, heads: HeadLayout,
    mask: AttentionMask = AttentionMask(), precision: Precision = .float32
  ) -> Tensor {
    let columns = heads.count * heads.headDim
    return unsafe Tensor(uninitialised: [q.view.rows.count, columns]) { output in
      unsafe attend(
        q.view, k.view, v.view, heads: heads, mask: mask, precision: precision,
        to: iris_rows(data: output, stride: columns))
    }
  }

  /// Computes `attention(_:_:_:heads:mask:precision:)` and writes it into the columns of `y` from `column`
  /// on.
  public func attention(
    _ q: some Matrix, _ k: some Matrix, _ v: some Matrix, heads: HeadLayout,
    mask: AttentionMask = AttentionMask(), precision: Precision = .float32,
    into y: inout Tensor, column: Int = 0
  ) {
    precondition(
      q.view.rows.count <= y.rows && column + heads.count * heads.headDim <= y.columns,
      "attention of \(q.view.rows.count) queries into \(y.shape) from column \(column)")
    unsafe y.withRows { output in
      unsafe attend(
        q.view, k.view, v.view, heads: heads, mask: mask, precision: precision,
        to: output.offset(row: 0, column: column))
    }
  }

  private func attend(
    _ q: TensorView, _ k: TensorView, _ v: TensorView, heads: HeadLayout, mask: AttentionMask,
    precision: Precision, to output: iris_rows
  ) {
    let keyCount = min(mask.keyCount ?? k.rows.count, k.rows.count)
    precondition(
      q.columns.count == heads.count * heads.headDim
        && k.columns.count == heads.keyValueCount * heads.headDim
        && v.columns.count == k.columns.count && v.rows.count == k.rows.count && keyCount > 0
        && heads.count % heads.keyValueCount == 0,
      "attention over \(q.columns), \(k.columns), \(v.columns) with \(heads), \(keyCount) keys")
    unsafe q.withRows { q in
      unsafe k.withRows { k in
        unsafe v.withRows { v in
          unsafe attend(q, k, v, output, keyCount: keyCount, heads: heads, mask: mask)
        }
      }
    }
    func attend(
      _ qRows: iris_const_rows, _ kRows: iris_const_rows, _ vRows: iris_const_rows,
      _ output: iris_rows, keyCount: Int, heads: HeadLayout, mask: AttentionMask
    ) {
      var arguments = unsafe iris_attention_args(
        q: qRows, k: kRows, v: vRows, y: output, queries: q.rows.count, keys: k.rows.count,
        key_count: keyCount, heads: heads.count, kv_heads: heads.keyValueCount,
        width: heads.headDim, scale: 1 / Float(heads.headDim).squareRoot(), causal: mask.isCausal,
        bfloat16: precision != .float32)
      unsafe iris_attention(pool, &arguments)
    }
  }
}

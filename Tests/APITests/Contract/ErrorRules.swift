import Accounts
import HTTP

/// Section 7 of the HTTP contract.
enum ErrorRules {
  /// Status and type of each code, as the contract lists them.
  static let catalogue: [String: ErrorRule.Entry] = {
    let rows: [(Int, String, [String])] = [
      (
        400, "invalid_request_error",
        [
          "invalid_request_error", "model_not_found", "invalid_base64", "invalid_image",
          "unsupported_image_format", "image_too_large",
        ]
      ),
      (401, "authentication_error", ["authentication_error"]),
      (402, "insufficient_quota", ["insufficient_quota"]),
      (403, "permission_error", ["account_suspended", "email_not_verified", "permission_error"]),
      (404, "invalid_request_error", ["not_found"]),
      (405, "invalid_request_error", ["method_not_allowed"]),
      (409, "invalid_request_error", ["request_in_progress"]),
      (413, "request_too_large", ["request_too_large"]),
      (415, "invalid_request_error", ["unsupported_media_type"]),
      (422, "invalid_request_error", ["idempotency_mismatch"]),
      (
        429, "rate_limit_error",
        ["rpm_exceeded", "rpd_exceeded", "concurrency_exceeded", "backend_busy"]
      ),
      (500, "backend_error", ["internal_error"]), (502, "backend_error", ["backend_error"]),
      (503, "backend_unavailable", ["backend_unavailable"]),
      (504, "backend_timeout", ["backend_timeout"]),
    ]
    let entries = rows.flatMap { status, type, codes in
      codes.map { ($0, ErrorRule.Entry(status: status, type: type)) }
    }
    return Dictionary(uniqueKeysWithValues: entries)
  }()

  static let all = [
    badRequests, wrongKeys, absentKeys, badTargets, tooLarge, media, limits, busy, faults, doubled,
  ].flatMap { $0 }

  private static let badRequests: [ErrorRule] = [
    ErrorRule(
      code: "invalid_request_error", name: "a bad parameter", request: .generation(#""n":2"#),
      parameter: "n"),
    ErrorRule(
      code: "invalid_request_error", name: "no JSON",
      request: ContractRequest(path: TestSite.generations, body: { Array("{".utf8) })),
    ErrorRule(
      code: "invalid_request_error", name: "a bad parameter of a stream",
      request: .generation(#""stream":true,"seed":-5"#), parameter: "seed"),
    ErrorRule(
      code: "model_not_found", name: "another model", request: .generation(#""model":"dall-e-3""#),
      parameter: "model"),
    ErrorRule(
      code: "model_not_found", name: "a model that is asked for by its path",
      request: ContractRequest(method: "GET", path: "/v1/models/absent"), parameter: "model",
      status: 404),
    ErrorRule(
      code: "invalid_base64", name: "no base64", request: .edit(#""image":"%%%""#),
      parameter: "image"),
    ErrorRule(
      code: "invalid_image", name: "an image that ends early",
      request: .edit(#""image":"\#(EditRules.base64Image.prefix(64))""#), parameter: "image"),
    ErrorRule(
      code: "unsupported_image_format", name: "no image",
      request: .edit(#""image":"aGVsbG8gd29ybGQ=""#), parameter: "image"),
    ErrorRule(
      code: "image_too_large", name: "20 MB and a byte",
      request: .form { [.file("image", try TestImage.png(byteCount: 20 << 20 + 1))] },
      parameter: "image"),
  ]

  private static let wrongKeys: [ErrorRule] =
    [
      "Bearer", "Bearer ", "Basic abc", "Bearer esk_live_short", "esk_live_x",
      "Bearer esk_live_" + String(repeating: "a", count: 49),
    ].flatMap { text in
      [("", nil), (", at the models", "/v1/models"), (", at one", "/v1/models/epithre-iris")].map {
        (suffix: String, path: String?) in
        key("`\(text)`\(suffix)", .text(text), path: path)
      }
    }

  private static let absentKeys = [
    key("missing", .none),
    ErrorRule(code: "authentication_error", name: "revoked", state: .revoked),
    ErrorRule(
      code: "authentication_error", name: "revoked, at the models", state: .revoked,
      request: ContractRequest(method: "GET", path: "/v1/models")),
  ]

  private static func key(
    _ name: String, _ authorization: ContractRequest.Authorization, path: String? = nil
  ) -> ErrorRule {
    var request =
      path.map { ContractRequest(method: "GET", path: $0) } ?? ContractRequest.generation("")
    request.authorization = authorization
    return ErrorRule(code: "authentication_error", name: name, request: request)
  }

  private static let badTargets: [ErrorRule] = [
    ErrorRule(
      code: "not_found", name: "another path",
      request: ContractRequest(path: "/v1/images/variations")),
    ErrorRule(
      code: "not_found", name: "another path, and more than any limit",
      request: .padded("/v1/images/variations", "", to: 60 << 20)),
    ErrorRule(
      code: "method_not_allowed", name: "another method",
      request: ContractRequest(method: "GET", path: TestSite.generations)),
  ]

  /// A byte more than is read, by length and in chunks.
  private static let tooLarge = [
    (TestSite.edits, 50 << 20), (TestSite.generations, 1 << 20),
  ].flatMap { (path: String, limit: Int) -> [ErrorRule] in
    [false, true].map { isChunked in
      var request = ContractRequest.padded(path, "", to: limit + 1)
      request.isChunked = isChunked
      return ErrorRule(
        code: "request_too_large",
        name: "\(limit >> 20) MB and a byte, \(isChunked ? "in chunks" : "by length")",
        request: request)
    }
  }

  /// Requests just within the limits.
  static let largest = [
    (TestSite.edits, #""image":"\#(EditRules.base64Image)""#, 50 << 20),
    (TestSite.generations, "", 1 << 20),
  ].flatMap { (path: String, members: String, limit: Int) -> [Rule] in
    let rule = Rule(
      row: "bodies", name: "\(limit >> 20) MB of \(path)",
      request: .padded(path, members, to: limit), outcome: .draws { _ in true })
    return [rule, rule.inChunks]
  }

  private static let media = [
    ("an edit of plain text", TestSite.edits, "text/plain"),
    ("an edit of a file", TestSite.edits, "image/png"),
    ("an edit of unknown bytes", TestSite.edits, "application/octet-stream"),
    ("an edit of nothing said", TestSite.edits, nil),
    ("a generation as a form", TestSite.generations, "multipart/form-data; boundary=x"),
  ].map { (name: String, path: String, type: String?) -> ErrorRule in
    ErrorRule(
      code: "unsupported_media_type", name: name,
      request: ContractRequest(path: path, contentType: type))
  }

  private static let limits: [ErrorRule] = [
    ErrorRule(
      code: "rpm_exceeded", name: "no requests a minute",
      state: .limited { $0.requestsPerMinute = 0 }),
    ErrorRule(
      code: "rpd_exceeded", name: "no requests a day", state: .limited { $0.requestsPerDay = 0 }),
    ErrorRule(
      code: "concurrency_exceeded", name: "no requests at once",
      state: .limited { $0.concurrentRequests = 0 }),
    ErrorRule(
      code: "insufficient_quota", name: "a cap of nothing",
      state: .limited { $0.monthlyCap = .zero }),
    ErrorRule(code: "insufficient_quota", name: "too little credit", state: .poor),
    ErrorRule(code: "account_suspended", name: "a suspended account", state: .suspended),
    ErrorRule(
      code: "account_suspended", name: "a suspended account, at the models", state: .suspended,
      request: ContractRequest(method: "GET", path: "/v1/models")),
  ]

  private static let busy: [ErrorRule] = [
    ErrorRule(code: "backend_busy", name: "a full queue", state: .full),
    ErrorRule(
      code: "backend_busy", name: "a full queue, for a stream", state: .full,
      request: .generation(#""stream":true"#)),
    ErrorRule(
      code: "backend_busy", name: "no memory for images", state: .crowded,
      request: .edit(#""image":"\#(EditRules.base64Image)""#)),
  ]

  private struct Unforeseen: Error { let text = "the inside of a failure" }

  private static let faults: [ErrorRule] = [
    ErrorRule(code: "internal_error", name: "a fault of the render", state: .failing),
    ErrorRule(
      code: "internal_error", name: "a fault that nobody foresaw", state: .throwing(Unforeseen())),
    ErrorRule(
      code: "internal_error", name: "a fault of the system",
      state: .throwing(HTTPError(.system(errno: 5), "the system failed"))),
    ErrorRule(code: "backend_unavailable", name: "it drains", state: .draining),
    ErrorRule(
      code: "backend_unavailable", name: "it is not ready while it drains", state: .draining,
      request: ContractRequest(method: "GET", path: "/readyz")),
    ErrorRule(code: "backend_unavailable", name: "the keys are away", state: .storeDeleted),
    ErrorRule(
      code: "backend_unavailable", name: "the keys are away, at the models", state: .storeDeleted,
      request: ContractRequest(method: "GET", path: "/v1/models")),
    ErrorRule(
      code: "backend_unavailable", name: "no memory for another body",
      state: .throwing(HTTPError(.overloaded, "there is no memory for another body just now"))),
    ErrorRule(
      code: "permission_error", name: "a web page of elsewhere, without keys", state: .open,
      request: .foreign("origin: https://evil.example")),
    ErrorRule(
      code: "permission_error", name: "a request across sites, without keys", state: .open,
      request: .foreign("sec-fetch-site: cross-site")),
    ErrorRule(
      code: "backend_timeout", name: "over the deadline", state: .late,
      request: .generation(#""num_steps":50"#)),
  ]

  /// Answers that take two nodes or two requests, and those that the service never gives yet.
  private static let doubled: [ErrorRule] = [
    "request_in_progress", "idempotency_mismatch", "email_not_verified", "backend_error",
  ].map {
    ErrorRule(code: $0, name: "by the double", state: .doubled, parameter: "field")
  }
}

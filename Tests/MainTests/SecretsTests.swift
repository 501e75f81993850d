import Foundation
import FoundationNetworking
import LoadSupport
import TestSupport
import Testing

/// A served session of every kind of request, after which its tokens, prompts and images are looked for in
/// all that it has said.
@Suite(.timeLimit(.minutes(5))) struct SecretsTests {
  /// A text that was given by somebody, or to somebody, and for nobody else.
  private struct Secret {
    let name: String
    let bytes: Data

    init(_ name: String, _ text: String) { (self.name, bytes) = (name, Data(text.utf8)) }
    init(_ name: String, _ bytes: Data) { (self.name, self.bytes) = (name, bytes) }
  }

  /// A sent request and its answer.
  private struct Exchange {
    let request: String
    let status: Int
    let body: Data
  }

  private let program: IrisProgram
  private let service: RunningService
  private let admin: AdminAccess
  private let token: String
  private let wrongToken = "esk_live_" + String(repeating: "7", count: 49)
  private let prompt = "a zebra \(UUID().uuidString) on ice"
  /// The file of a reference image, which is noise.
  private let image: Data

  init() async throws {
    program = try IrisProgram()
    service = try RunningService(
      program, "--admin-port", "0", "--log-format", "json", "--default-rpd", "1000")
    admin = try await AdminAccess(service, program)
    token = try service.firstToken()
    image = Data(try NoiseImage.png(side: 64))
  }

  private func send(
    _ path: String, _ body: Data, type: String = "application/json", token: String?,
    headers: [String: String] = [:]
  ) async throws -> Exchange {
    var request = URLRequest(url: try #require(URL(string: service.address + path)))
    request.httpMethod = "POST"
    request.httpBody = body
    request.setValue(type, forHTTPHeaderField: "content-type")
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization") }
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = try #require(response as? HTTPURLResponse).statusCode
    return Exchange(request: "\(path) \(headers)", status: status, body: data)
  }

  private func document(_ members: String) -> Data {
    Data(
      #"{"model":"epithre-iris","prompt":"\#(prompt)","size":"64x64","num_steps":1\#(members)}"#
        .utf8)
  }

  /// Requests that are answered with an image.
  private func served() async throws -> [Exchange] {
    let (generations, edits) = ("/v1/images/generations", "/v1/images/edits")
    let text = image.base64EncodedString()
    let key = ["idempotency-key": "order-\(prompt.count)"]
    var answers = [try await send(generations, document(""), token: token)]
    answers.append(
      try await send(generations, document(#","stream":true,"partial_images":2"#), token: token))
    for _ in 0..<2 {
      answers.append(try await send(generations, document(""), token: token, headers: key))
    }
    answers.append(try await send(edits, document(#","image":"\#(text)""#), token: token))
    let form = multipart()
    answers.append(try await send(edits, form.body, type: form.type, token: token))
    return answers
  }

  private func multipart() -> (type: String, body: Data) {
    var body = Data()
    for (name, value) in [("model", "epithre-iris"), ("prompt", prompt), ("num_steps", "1")] {
      body += Data(
        "--b\r\ncontent-disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }
    let head = "--b\r\ncontent-disposition: form-data; name=\"image\"; filename=\"x.png\"\r\n\r\n"
    body += Data(head.utf8) + image + Data("\r\n--b--\r\n".utf8)
    return ("multipart/form-data; boundary=b", body)
  }

  /// Requests that are refused, with secrets where they do not belong.
  private func refused() async throws -> [Exchange] {
    let (generations, edits) = ("/v1/images/generations", "/v1/images/edits")
    let cut = image.prefix(image.count / 2).base64EncodedString()
    let key = ["idempotency-key": "order-\(prompt.count)"]
    var answers: [Exchange] = []
    for wrong in [wrongToken, "Basic \(token)", token.lowercased(), token + "x", nil] {
      answers.append(try await send(generations, document(""), token: wrong))
    }
    for members in [
      #","size":"\#(prompt)""#, #","seed":"\#(token)""#, #","n":2"#, #","mask":"\#(cut)""#,
      #","lora":"\#(prompt)""#, #","negative_prompt":"\#(prompt)""#, "",
    ] {
      answers.append(
        try await send(
          generations, members.isEmpty ? Data("{\"prompt\":\"\(prompt)".utf8) : document(members),
          token: token))
    }
    answers.append(try await send(generations, document(#","seed":9"#), token: token, headers: key))
    answers.append(try await send(edits, document(#","image":"\#(cut)""#), token: token))
    answers.append(try await send(edits, document(#","image":"*\#(cut)""#), token: token))
    answers.append(try await send(edits, image, type: "image/png", token: token))
    answers.append(
      try await send(generations + "?api_key=\(token)", Data(prompt.utf8), token: token))
    answers.append(
      try await send(
        generations, document(""), token: token,
        headers: ["idempotency-key": String(repeating: "k", count: 256)])
    )
    return answers
  }

  /// Whatever the administration tells, and the tokens that it made.
  private func administered() async throws -> (answers: [Exchange], tokens: [String]) {
    var (answers, tokens): ([Exchange], [String]) = ([], [])
    func ask(_ method: String, _ path: String, _ body: String = "") async throws -> String {
      let answer = try await admin.send(method, path, body)
      answers.append(
        Exchange(request: path, status: answer.status, body: Data(answer.body.utf8)))
      return answer.body
    }
    for mode in ["live", "test"] {
      let made = try await admin.send("POST", "/keys", #"{"name":"k","mode":"\#(mode)"}"#).body
      let words = made.split(separator: "\"").map { String($0) }
      let id = try #require(words.first { $0.hasPrefix("key_") })
      tokens += words.filter { $0.count == token.count }
      let rotated = try await admin.send("POST", "/keys/\(id)/rotate").body
      tokens += rotated.split(separator: "\"").map { String($0) }.filter { $0.count == token.count }
      _ = try await ask("PATCH", "/keys/\(id)", #"{"rpm":"\#(tokens[0])"}"#)
      _ = try await ask("POST", "/keys/\(id)/revoke")
      _ = try await ask("GET", "/keys/\(tokens[0])")
    }
    for path in ["accounts", "keys", "usage", "ledger", "requests", "nodes", "audit"] {
      _ = try await ask("GET", "/" + path)
      _ = try await ask("GET", "/\(path)?format=csv")
    }
    for path in ["/status", "/check", "/nothing"] { _ = try await ask("GET", path) }
    return (answers, tokens)
  }

  @Test func `no token, prompt or image is in logs, metrics, errors or the administration`()
    async throws
  {
    defer { service.process.terminate() }
    let served = try await served()
    #expect(served.map(\.status) == [200, 200, 200, 200, 200, 200])
    let refused = try await refused()
    #expect(refused.allSatisfy { (400...499).contains($0.status) }, "\(refused.map(\.status))")
    let (administered, tokens) = try await administered()
    #expect(tokens.count == 4)
    let metrics = try await service.get(try await service.metricsURL()).body
    #expect(metrics.contains("iris_settlements_total 5"))
    service.signal(SIGTERM)
    service.process.waitUntilExit()

    var said = (refused + administered).map { ($0.request, $0.body) }
    said.append(("/metrics", Data(metrics.utf8)))
    said.append(("the log", Data(try service.log.utf8)))
    said.append(("standard output", Data(service.lines.joined(separator: "\n").utf8)))
    #expect(
      try service.log.components(separatedBy: "\n").count > 30, "the log is not of all requests")
    let images = self.images(served)
    // The one that was sent, in two forms, and one of each answer.
    #expect(images.count == 2 + served.count)
    let secrets =
      [
        Secret("the prompt", prompt), Secret("the token", String(token.dropFirst(13))),
        Secret("the wrong token", String(wrongToken.dropFirst(13))),
        Secret("the administration's token", admin.token),
      ] + tokens.map { Secret("a new token", String($0.dropFirst(13))) } + images
    #expect(secrets.count == 4 + 4 + images.count && secrets.allSatisfy { $0.bytes.count > 20 })
    for (place, text) in said {
      for secret in secrets where text.range(of: secret.bytes) != nil {
        Issue.record("\(secret.name) is in \(place)")
      }
    }
    try expectNone(of: secrets.filter { !$0.name.contains("image") }, inFilesOf: "data")
  }

  /// Pieces of the image that was sent and of those that were drawn.
  private func images(_ served: [Exchange]) -> [Secret] {
    var secrets = [Secret("the sent image", image[400..<430])]
    secrets.append(
      Secret("the sent image", String(image.base64EncodedString().dropFirst(400).prefix(40))))
    for answer in served {
      let text = String(decoding: answer.body, as: UTF8.self)
      guard let start = text.range(of: "iVBORw0KGgo")?.lowerBound else { continue }
      secrets.append(Secret("a drawn image", String(text[start...].dropFirst(300).prefix(40))))
    }
    return secrets
  }

  /// Looks into the database: only hashes of tokens, and no prompts, are kept.
  private func expectNone(of secrets: [Secret], inFilesOf folder: String) throws {
    let data = program.directory.appending(path: folder)
    let files = try FileManager.default.contentsOfDirectory(atPath: data.path)
      .filter { $0.hasPrefix("iris.sqlite") }
    #expect(!files.isEmpty)
    for file in files {
      let bytes = try Data(contentsOf: data.appending(path: file))
      for secret in secrets where bytes.range(of: secret.bytes) != nil {
        Issue.record("\(secret.name) is in \(file)")
      }
    }
  }
}

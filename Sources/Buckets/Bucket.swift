import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import TextFormats

/// A bucket of a server that speaks S3's protocol: Amazon's, or another's.
///
///     let bucket = try Bucket(BucketLocation(parsing: "s3://flights/project"), environment: variables)
///     try bucket.create("refs/0001", bytes)
///     try bucket.list("refs/")
///
/// Names are below the location's prefix. Each call waits for its answer; any number of threads may call at once.
/// The protocol: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
public final class Bucket: Sendable {
    /// Where it is.
    public let location: BucketLocation
    private let transport: HTTPTransport
    private let source: CredentialSource
    private let region: String
    /// The server with its scheme, for messages and for URLs.
    private let server: String
    private let host: String
    private let root: String

    /// How many requests may be under way at once.
    public static let connections = 16

    /// Names a bucket; nothing is asked yet.
    ///
    /// - Parameter environment: variables as Amazon's tools know them: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    ///   `AWS_SESSION_TOKEN`, `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_CA_BUNDLE`.
    /// - Throws: ``BucketError/malformedLocation(_:reason:)`` for a server that the environment names and that is none,
    ///   ``BucketError/malformedCredentials(source:reason:)`` for a shared file that is damaged.
    public init(_ location: BucketLocation, environment: [String: String]) throws(BucketError) {
        self.location = location
        let certificates = location.certificates ?? environment["AWS_CA_BUNDLE"]
        transport = HTTPTransport(certificates: certificates, connections: Self.connections)
        source = CredentialSource(environment, transport)
        if let named = location.region {
            region = named
        } else {
            region = try source.region() ?? "us-east-1"
        }
        var endpoint = location.endpoint
        if endpoint == nil, let named = environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"] {
            guard let server = BucketLocation.server(named) else {
                throw .malformedLocation(named, reason: "AWS_ENDPOINT_URL is no server")
            }
            endpoint = server
        }
        // A name with a dot is no name of a host below a certificate's.
        let standard: BucketLocation.Style = endpoint == nil && !location.bucket.contains(".") ? .virtual : .path
        let style = location.style ?? standard
        server = endpoint ?? "https://s3.\(region).amazonaws.com"
        let parts = server.split(separator: "/", omittingEmptySubsequences: true)
        let plain = Self.withoutStandardPort(String(parts[1]), isSecure: parts[0] == "https:")
        host = style == .virtual ? "\(location.bucket).\(plain)" : plain
        root = style == .virtual ? "/" : "/\(location.bucket)/"
    }

    private static func withoutStandardPort(_ host: String, isSecure: Bool) -> String {
        let port = isSecure ? ":443" : ":80"
        return host.hasSuffix(port) ? String(host.dropLast(port.count)) : host
    }

    // MARK: Objects

    /// The objects whose names begin so.
    ///
    /// - Throws: ``BucketError``.
    public func list(_ prefix: String, limit: Int = .max) throws(BucketError) -> [(name: String, size: UInt64)] {
        var found: [(name: String, size: UInt64)] = []
        var continuation: String?
        repeat {
            var query = [("list-type", "2"), ("prefix", location.prefix + prefix)]
            if let continuation { query.append(("continuation-token", continuation)) }
            if limit < 1000 { query.append(("max-keys", "\(limit)")) }
            let answer = try send("GET", path: root == "/" ? "/" : String(root.dropLast()), query)
            guard answer.status == 200 else { throw failure(answer) }
            let listing = try BucketListing(answer.body, endpoint: server)
            for object in listing.objects {
                guard object.name.hasPrefix(location.prefix) else {
                    throw .malformedAnswer(
                        endpoint: server, reason: "a list has '\(object.name)', which was not asked for")
                }
                found.append((String(object.name.dropFirst(location.prefix.count)), object.size))
            }
            continuation = listing.continuation
        } while continuation != nil && found.count < limit
        return found
    }

    /// How many bytes an object has; `nil` if there is none.
    ///
    /// - Throws: ``BucketError``.
    public func size(of name: String) throws(BucketError) -> UInt64? {
        let answer = try send("HEAD", path: path(name))
        if answer.status == 404 { return nil }
        guard answer.status == 200 else {
            // An answer to HEAD has no body that would say why.
            let asked = try send("GET", path: path(name), headers: [("range", "bytes=0-0")])
            throw failure(asked.status < 300 ? answer : asked)
        }
        guard let size = answer.headers.first(name: "content-length").flatMap(UInt64.init) else {
            throw .malformedAnswer(endpoint: server, reason: "it does not tell the size of '\(name)'")
        }
        return size
    }

    /// Reads bytes of an object until the buffer is full or the object ends.
    ///
    /// - Returns: how many bytes were read; `nil` if there is no such object.
    /// - Throws: ``BucketError``.
    public func read(
        _ name: String, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(BucketError) -> Int? {
        if buffer.isEmpty { return try size(of: name) == nil ? nil : 0 }
        let last = offset + UInt64(buffer.count) - 1
        let answer = try send(
            "GET", path: path(name), headers: [("range", "bytes=\(offset)-\(last)")],
            limit: max(buffer.count, HTTPTransport.longestText))
        switch answer.status {
        case 206:
            guard answer.body.count <= buffer.count,
                answer.headers.first(name: "content-range")?.hasPrefix("bytes \(offset)-") == true
            else {
                throw .malformedAnswer(
                    endpoint: server, reason: "it sends another part of '\(name)' than was asked for")
            }
            buffer.copyBytes(from: answer.body)
            return answer.body.count
        case 200:
            // A server may send all of what is short.
            guard offset < UInt64(answer.body.count) else { return 0 }
            let part = answer.body[Int(offset)...].prefix(buffer.count)
            buffer.copyBytes(from: part)
            return part.count
        case 404:
            if BucketAnswer(answer.body)["Code"] == "NoSuchBucket" { throw failure(answer) }
            return nil
        case 416: return 0
        default: throw failure(answer)
        }
    }

    /// Creates an object with all its bytes, unless there is one of that name. Of many who do so at once one succeeds.
    ///
    /// - Returns: `false` if there is one already.
    /// - Throws: ``BucketError``.
    public func create(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(BucketError) -> Bool {
        var headers = [("if-none-match", "*"), ("content-type", "application/octet-stream")]
        if let encryption = location.encryption { headers.append(("x-amz-server-side-encryption", encryption)) }
        if let key = location.encryptionKey {
            headers.append(("x-amz-server-side-encryption-aws-kms-key-id", key))
        }
        let answer = try send("PUT", path: path(name), headers: headers, body: bytes)
        switch answer.status {
        case 200, 201, 204: return true
        case 412: return false
        default: throw failure(answer)
        }
    }

    /// Whether the bucket is there and may be asked.
    ///
    /// - Throws: ``BucketError``, ``BucketError/noBucket(_:endpoint:)`` if it is not.
    public func check() throws(BucketError) { _ = try list("", limit: 1) }

    // MARK: Requests

    private func path(_ name: String) -> String { root + relativeReference((location.prefix + name).utf8) }

    private func send(
        _ method: String, path: String, _ query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: UnsafeRawBufferPointer? = nil,
        limit: Int = HTTPTransport.longestText
    ) throws(BucketError) -> HTTPAnswer {
        let digest = RequestSignature.digest(body ?? UnsafeRawBufferPointer(start: nil, count: 0))
        let content = body.map { HTTPClient.Body.byteBuffer(ByteBuffer(bytes: $0)) }
        let scheme = server.hasPrefix("https:") ? "https" : "http"
        let text = query.isEmpty ? "" : "?" + RequestSignature.encoded(query)
        let url = "\(scheme)://\(host)\(path)\(text)"
        func attempt(_ isRefused: Bool) throws(BucketError) -> HTTPAnswer {
            let credentials = try source.credentials(isRefused: isRefused)
            return try transport.send(to: server, limit: limit, isTransient: Self.isTransient) {
                () throws(BucketError) in
                let signature = RequestSignature(credentials: credentials, region: region)
                let signed = signature.signed(
                    method: method, path: path, query: query, headers: headers + [("host", host)], digest: digest,
                    time: HTTPTransport.now())
                do {
                    return try HTTPClient.Request(
                        url: url, method: .init(rawValue: method), headers: HTTPHeaders(signed), body: content)
                } catch {
                    throw .malformedLocation(url, reason: "\(error)")
                }
            }
        }
        let answer = try attempt(false)
        guard answer.status == 400 || answer.status == 403,
            ["ExpiredToken", "ExpiredTokenException"].contains(BucketAnswer(answer.body)["Code"])
        else { return answer }
        return try attempt(true)
    }

    /// Whether another try may have another end: the server is busy, or was at fault, or another writer was in the way.
    private static func isTransient(_ answer: HTTPAnswer) -> Bool {
        switch answer.status {
        case 408, 429, 500, 502, 503, 504: return true
        case 409: return BucketAnswer(answer.body)["Code"] == "ConditionalRequestConflict"
        case 400: return BucketAnswer(answer.body)["Code"] == "RequestTimeout"
        default: return false
        }
    }

    private func failure(_ answer: HTTPAnswer) -> BucketError {
        let said = BucketAnswer(answer.body)
        let code = said["Code"] ?? ""
        if code == "NoSuchBucket" { return .noBucket(location.bucket, endpoint: server) }
        if let region = answer.headers.first(name: "x-amz-bucket-region") ?? said["Region"], region != self.region,
            [301, 307, 400, 403].contains(answer.status)
        {
            return .otherRegion(bucket: location.bucket, region: region)
        }
        return .refused(endpoint: server, status: answer.status, code: code, message: said["Message"] ?? "")
    }
}

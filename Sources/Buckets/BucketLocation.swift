/// Where objects are in a bucket, as a user writes it.
///
///     s3://BUCKET/PREFIX
///     s3://BUCKET/PREFIX?endpoint=http://127.0.0.1:9000&region=eu-central-1
///
/// Behind `?` stand, each at most once: `endpoint`, a server that is not Amazon's; `region`; `style`, `path` or `virtual`;
/// `ca`, a file of certificates that the server's is checked with; `encryption`, `AES256` or `aws:kms`, and `kms-key`.
public struct BucketLocation: Sendable, Equatable {
    /// How a bucket stands in a URL.
    public enum Style: String, Sendable {
        /// As the first part of the path.
        case path
        /// As the first part of the host's name.
        case virtual
    }

    /// The bucket.
    public let bucket: String
    /// What the names of all objects begin with: empty, or ending with a slash.
    public let prefix: String
    /// The server, `http://` or `https://` with a host and perhaps a port, without a path; `nil` for Amazon's.
    public let endpoint: String?
    /// The region; `nil` for what the environment says.
    public let region: String?
    /// How the bucket stands in a URL; `nil` for what goes with the server.
    public let style: Style?
    /// The file with certificates of authorities; `nil` for the system's.
    public var certificates: String?
    /// How the server encrypts; `nil` for what the bucket says.
    public let encryption: String?
    /// The key of the server that it encrypts with.
    public let encryptionKey: String?

    /// What begins such a location.
    public static let scheme = "s3://"
    private static let names = ["endpoint", "region", "style", "ca", "encryption", "kms-key"]

    /// Reads a location.
    ///
    /// - Throws: ``BucketError/malformedLocation(_:reason:)``.
    public init(parsing text: String) throws(BucketError) {
        func failure(_ reason: String) -> BucketError { .malformedLocation(text, reason: reason) }
        guard text.hasPrefix(Self.scheme) else { throw failure("it does not begin with \(Self.scheme)") }
        let parts = text.dropFirst(Self.scheme.count).split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        bucket = path[0]
        guard Self.isBucket(bucket) else {
            throw failure("a bucket's name has 3 to 63 lower-case letters, digits, '.' and '-'")
        }
        let folders = path.dropFirst().filter { !$0.isEmpty }
        guard !folders.contains(where: { $0 == "." || $0 == ".." || $0.utf8.contains { $0 < 0x20 } }) else {
            throw failure("'.', '..' and control characters are no parts of a prefix")
        }
        prefix = folders.map { $0 + "/" }.joined()
        var values: [String: String] = [:]
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(sides[0])
            guard Self.names.contains(name) else {
                throw failure("there is no '\(name)'; known are \(Self.names.joined(separator: ", "))")
            }
            guard sides.count == 2, let value = Self.decoded(sides[1]), !value.isEmpty else {
                throw failure("'\(name)' has no value")
            }
            if values.updateValue(value, forKey: name) != nil { throw failure("'\(name)' is there twice") }
        }
        endpoint = try values["endpoint"].map { value throws(BucketError) in
            guard let server = Self.server(value) else {
                throw failure("'\(value)' is no server: http:// or https://, a host, and perhaps a port")
            }
            return server
        }
        region = values["region"]
        style = try values["style"].map { value throws(BucketError) in
            guard let style = Style(rawValue: value) else { throw failure("'style' is path or virtual") }
            return style
        }
        certificates = values["ca"]
        (encryption, encryptionKey) = (values["encryption"], values["kms-key"])
        if let encryption, !["AES256", "aws:kms"].contains(encryption) {
            throw failure("'encryption' is AES256 or aws:kms")
        }
        if encryptionKey != nil, encryption != "aws:kms" { throw failure("'kms-key' goes with encryption=aws:kms") }
    }

    private static func isBucket(_ name: String) -> Bool {
        let isAllowed = name.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x2e
        }
        return (3...63).contains(name.utf8.count) && isAllowed && !name.contains("..") && name.first != "."
            && name.first != "-" && name.last != "-" && name.last != "."
    }

    /// A server's URL without a slash at its end; `nil` if it is none.
    static func server(_ text: String) -> String? {
        let trimmed = text.last == "/" ? String(text.dropLast()) : text
        for scheme in ["http://", "https://"] where trimmed.hasPrefix(scheme) {
            let host = trimmed.dropFirst(scheme.count)
            let isHost = host.utf8.allSatisfy {
                (0x30...0x3a).contains($0) || (0x61...0x7a).contains($0 | 0x20)
                    || [0x2d, 0x2e, 0x5b, 0x5d].contains($0)
            }
            return isHost && !host.isEmpty ? trimmed : nil
        }
        return nil
    }

    /// Text with `%XX` as the bytes that it stands for; `nil` if it is none.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

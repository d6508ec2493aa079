import Crypto
import TextFormats

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Signs requests as S3 wants them: Signature Version 4 in the header `Authorization`.
///
/// How: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
package struct RequestSignature {
    /// Who asks.
    package let credentials: Credentials
    /// The region of the bucket.
    package let region: String

    /// Signs in a name for a region.
    package init(credentials: Credentials, region: String) {
        (self.credentials, self.region) = (credentials, region)
    }

    /// The headers of a request with those that sign it.
    ///
    /// - Parameters:
    ///   - path: as it stands in the request, percent-encoded.
    ///   - query: names and values, not encoded.
    ///   - headers: names in lower case; `host` is among them.
    ///   - digest: the SHA-256 of the body, in hexadecimal.
    ///   - time: in seconds since 1970.
    package func signed(
        method: String, path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)],
        digest: String, time: Int64
    ) -> [(name: String, value: String)] {
        let moment = Self.moment(time)
        let date = String(moment.prefix(8))
        var all = headers + [("x-amz-content-sha256", digest), ("x-amz-date", moment)]
        if let token = credentials.sessionToken { all.append(("x-amz-security-token", token)) }
        let sorted = all.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let names = sorted.map(\.name).joined(separator: ";")
        let canonical = [
            method, path, Self.encoded(query), sorted.map { "\($0.name):\(Self.trimmed($0.value))\n" }.joined(), names,
            digest,
        ].joined(separator: "\n")
        let scope = "\(date)/\(region)/s3/aws4_request"
        let text =
            "AWS4-HMAC-SHA256\n\(moment)\n\(scope)\n\(Self.hexadecimal(SHA256.hash(data: Array(canonical.utf8))))"
        var key = Array("AWS4\(credentials.secretKey)".utf8)
        for part in [date, region, "s3", "aws4_request"] { key = Self.code(part, key: key) }
        let signature = Self.hexadecimal(Self.code(text, key: key))
        all.append(
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
            ))
        return all
    }

    /// A query as it stands in a request: names and values percent-encoded, sorted.
    package static func encoded(_ query: [(name: String, value: String)]) -> String {
        func encoded(_ text: String) -> String {
            relativeReference(text.utf8).split(separator: "/", omittingEmptySubsequences: false).joined(
                separator: "%2F")
        }
        return query.map { (encoded($0.name), encoded($0.value)) }.sorted { $0 < $1 }
            .map { "\($0)=\($1)" }.joined(separator: "&")
    }

    /// The digest of bytes in hexadecimal.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return hexadecimal(hash.finalize())
    }

    private static func code(_ text: String, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// A header's value without blanks around it, and with one where there were several.
    private static func trimmed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }

    /// A moment as `20130524T000000Z`.
    static func moment(_ time: Int64) -> String {
        var seconds = time_t(time)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ number: Int32, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2) + digits(parts.tm_mday, 2) + "T"
            + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2) + "Z"
    }
}

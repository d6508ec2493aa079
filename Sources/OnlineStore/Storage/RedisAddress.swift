/// Where a Redis server is: `redis://[user[:password]@]host[:port][/database]`.
///
///     try RedisAddress("redis://localhost:6379/2").database  // 2
public struct RedisAddress: Hashable, Sendable {
    /// The host's name or address.
    public var host: String
    /// The port, 6379 unless another is given.
    public var port: Int
    /// The user, for servers that have several.
    public var user: String?
    /// The password. It is best left out of the address, since others see the words of a command.
    public var password: String?
    /// The number of the database, 0 unless another is given.
    public var database: Int

    /// Reads an address.
    ///
    /// - Throws: ``OnlineStoreError/invalidAddress(_:reason:)``.
    public init(_ text: String) throws(OnlineStoreError) {
        // Nothing of a password is repeated in a message.
        let shown = text.contains("@") ? "redis://…@" + (text.split(separator: "@").last ?? "") : text
        func refuse(_ reason: String) -> OnlineStoreError { .invalidAddress(shown, reason: reason) }
        guard text.hasPrefix("redis://") else {
            throw refuse(text.hasPrefix("rediss://") ? "TLS is not supported" : "it does not begin with 'redis://'")
        }
        var rest = text.dropFirst("redis://".count)
        if let at = rest.lastIndex(of: "@") {
            let person = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if let user = person.first, !user.isEmpty { self.user = try Self.decoded(user, refuse) }
            if person.count == 2 { password = try Self.decoded(person[1], refuse) }
            rest = rest[rest.index(after: at)...]
        }
        database = 0
        if let slash = rest.firstIndex(of: "/") {
            let digits = rest[rest.index(after: slash)...]
            guard digits.isEmpty || Int(digits).map({ $0 >= 0 }) == true else {
                throw refuse("'\(digits)' is no number of a database")
            }
            database = Int(digits) ?? 0
            rest = rest[..<slash]
        }
        port = 6379
        if let bracket = rest.lastIndex(of: "]"), rest.hasPrefix("[") {
            host = String(rest[rest.index(after: rest.startIndex)..<bracket])
            rest = rest[rest.index(after: bracket)...]
        } else {
            let end = rest.lastIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
        }
        if !rest.isEmpty {
            guard rest.hasPrefix(":"), let number = Int(rest.dropFirst()), (1...65535).contains(number) else {
                throw refuse("'\(rest)' is no port")
            }
            port = number
        }
        if host.isEmpty { throw refuse("it names no host") }
    }

    /// Puts `%40` and its like back.
    private static func decoded(
        _ text: Substring, _ refuse: (String) -> OnlineStoreError
    ) throws(OnlineStoreError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                throw refuse("'%' begins two hexadecimal digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The address without the password.
    public var shown: String { "redis://\(host):\(port)/\(database)" }
}

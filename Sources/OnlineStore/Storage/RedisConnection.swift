import CHiredis

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a Redis server answers.
enum RedisReply: Equatable {
    case nothing
    case integer(Int64)
    case bytes([UInt8])
    case status(String)
    case error(String)
    case list([RedisReply])

    /// The bytes of a string; `nil` for anything else.
    var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { return bytes }
        return nil
    }
}

/// A connection to a Redis server, used by one thread at a time.
///
/// Commands are sent in one go and answered in order, so that many cost one exchange.
struct RedisConnection: ~Copyable {
    private let context: UnsafeMutablePointer<redisContext>
    private let name: String

    /// How long the server may take to accept a connection or to answer, in seconds.
    static let patience = 5

    /// Connects, without signing on.
    private init(connecting address: RedisAddress) throws(OnlineStoreError) {
        let time = timeval(tv_sec: Self.patience, tv_usec: 0)
        guard let context = redisConnectWithTimeout(address.host, Int32(address.port), time) else {
            throw .unavailable(store: address.shown, reason: "out of memory")
        }
        redisSetTimeout(context, time)
        (self.context, name) = (context, address.shown)
    }

    /// Connects and signs on.
    static func open(_ address: RedisAddress) throws(OnlineStoreError) -> RedisConnection {
        let connection = try RedisConnection(connecting: address)
        if connection.context.pointee.err != 0 { throw connection.failure() }
        if let password = address.password {
            let words = [address.user, password].compactMap { $0 }
            try connection.expectStatus(try connection.exchange([["AUTH"] + words]).first)
        }
        if address.database != 0 {
            try connection.expectStatus(try connection.exchange([["SELECT", "\(address.database)"]]).first)
        }
        return connection
    }

    deinit { redisFree(context) }

    private func expectStatus(_ reply: RedisReply?) throws(OnlineStoreError) {
        if case .error(let reason)? = reply { throw .refused(store: name, reason: reason) }
    }

    /// Sends commands of texts, and returns the answer of each.
    func exchange(_ commands: [[String]]) throws(OnlineStoreError) -> [RedisReply] {
        try exchange(commands.map { $0.map { Array($0.utf8) } })
    }

    /// Sends commands, and returns the answer of each.
    ///
    /// - Throws: ``OnlineStoreError/unavailable(store:reason:)``; the connection is of no more use then.
    func exchange(_ commands: [[[UInt8]]]) throws(OnlineStoreError) -> [RedisReply] {
        for command in commands { try append(command) }
        var replies: [RedisReply] = []
        replies.reserveCapacity(commands.count)
        for _ in commands {
            var raw: UnsafeMutableRawPointer?
            guard redisGetReply(context, &raw) == REDIS_OK, let raw else { throw failure() }
            defer { freeReplyObject(raw) }
            replies.append(Self.reply(raw.assumingMemoryBound(to: redisReply.self).pointee))
        }
        return replies
    }

    private func append(_ command: [[UInt8]]) throws(OnlineStoreError) {
        // One buffer for all words: pointers into arrays of their own would not outlive the closures that give them.
        let all = command.flatMap { $0 }
        let code = all.withUnsafeBufferPointer { bytes in
            var (words, lengths, start) = ([UnsafePointer<CChar>?](), [Int](), 0)
            return bytes.withMemoryRebound(to: CChar.self) { characters in
                let base = characters.baseAddress
                for word in command {
                    words.append(base.map { $0 + start })
                    lengths.append(word.count)
                    start += word.count
                }
                return redisAppendCommandArgv(context, Int32(command.count), &words, lengths)
            }
        }
        if code != REDIS_OK { throw failure() }
    }

    private func failure() -> OnlineStoreError {
        let reason = withUnsafePointer(to: &context.pointee.errstr) { text in
            text.withMemoryRebound(to: CChar.self, capacity: 128) { String(cString: $0) }
        }
        return .unavailable(store: name, reason: reason.isEmpty ? "it broke off" : reason)
    }

    private static func reply(_ raw: redisReply) -> RedisReply {
        switch raw.type {
        case REDIS_REPLY_INTEGER: return .integer(raw.integer)
        case REDIS_REPLY_STRING: return .bytes(bytes(raw))
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(raw), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(raw), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            return .list(
                (0..<raw.elements).map { index in raw.element[index].map { reply($0.pointee) } ?? .nothing })
        default: return .nothing
        }
    }

    private static func bytes(_ raw: redisReply) -> [UInt8] {
        guard let text = raw.str else { return [] }
        return Array(UnsafeRawBufferPointer(start: text, count: raw.len))
    }
}

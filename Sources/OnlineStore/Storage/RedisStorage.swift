import FileSystem
import ObjectStore

/// An online store in a Redis server.
///
///     let storage = try RedisStorage(RedisAddress("redis://localhost:6379"), project: "flights")
///
/// A row is a string under `vintage:PROJECT:SPACE:{ENTITY}`: the braces have a cluster keep all views of an entity in one
/// place. A space whose entities are listed has a set of them under `vintage:PROJECT:list:SPACE`. Commands go out together, connections are kept and shared, and one that broke is replaced once.
public final class RedisStorage: OnlineStorage {
    /// What messages call it: where it is.
    public let name: String
    private let address: RedisAddress
    private let prefix: String
    private let connections: RedisConnections

    /// How often rows that others change are read again.
    private static let attempts = 100
    private static let keysAtOnce = 1000

    /// Connects to a server.
    ///
    /// - Parameters:
    ///   - project: keeps the rows of several projects apart.
    ///   - connections: how many exchanges may be under way at a time.
    /// - Throws: ``OnlineStoreError``, if the server cannot be reached or refuses.
    public init(_ address: RedisAddress, project: String, connections: Int = 8) throws(OnlineStoreError) {
        (self.address, name) = (address, address.shown)
        prefix = "vintage:\(project):"
        self.connections = RedisConnections(address, limit: max(1, connections))
        try self.connections.use { (connection) throws(OnlineStoreError) in
            _ = try Self.checked(try connection.exchange([["PING"]]), address.shown)
        }
    }

    /// Reads rows and marks by one command, which no other comes between.
    public func read(
        _ keys: [OnlineKey], marks: [String]
    ) throws(OnlineStoreError) -> (values: [[UInt8]?], marks: [[UInt8]?]) {
        if keys.isEmpty, marks.isEmpty { return ([], []) }
        let command = [Array("MGET".utf8)] + keys.map { place($0) } + marks.map { markPlace($0) }
        let replies = try connections.use { (connection) throws(OnlineStoreError) in
            try Self.checked(try connection.exchange([command]), self.name)
        }
        guard case .list(let list)? = replies.first, list.count == keys.count + marks.count else {
            throw .damaged(store: name, what: "an answer to MGET")
        }
        return (list[..<keys.count].map(\.bytes), list[keys.count...].map(\.bytes))
    }

    /// Changes rows in one transaction, with the marks.
    public func update(
        _ keys: [OnlineKey], marks: [OnlineMark],
        _ change: ([[UInt8]?]) throws(OnlineStoreError) -> [[UInt8]?]
    ) throws(OnlineStoreError) {
        for attempt in 0..<Self.attempts {
            let isDone = try connections.use { (connection) throws(OnlineStoreError) -> Bool in
                try self.tryUpdate(connection, keys, marks, change)
            }
            if isDone { return }
            // By chance, so that two do not meet again and again.
            pause(milliseconds: Int.random(in: 0...min(50, 1 << min(attempt, 6))))
        }
        throw .busy(store: name)
    }

    /// Changes rows in a transaction; `false` if another was faster.
    private func tryUpdate(
        _ connection: borrowing RedisConnection, _ keys: [OnlineKey], _ marks: [OnlineMark],
        _ change: ([[UInt8]?]) throws(OnlineStoreError) -> [[UInt8]?]
    ) throws(OnlineStoreError) -> Bool {
        let places = keys.map { place($0) }
        var old: [[UInt8]?] = []
        if !places.isEmpty {
            let watch = [[Array("WATCH".utf8)] + places]
            let replies = try Self.checked(
                try connection.exchange(watch + places.map { [Array("GET".utf8), $0] }), name)
            old = replies.dropFirst().map(\.bytes)
        }
        let new: [[UInt8]?]
        do throws(OnlineStoreError) {
            new = try change(old)
        } catch {
            _ = try connection.exchange([["UNWATCH"]])
            throw error
        }
        precondition(new.count == places.count, "each key has a new value")
        var commands = [[Array("MULTI".utf8)]]
        for ((key, place), (old, value)) in zip(zip(keys, places), zip(old, new)) where value != old {
            commands.append(
                value.map { [Array("SET".utf8), place, $0] } ?? [Array("DEL".utf8), place])
            if OnlineKey.isListed(key.space) {
                commands.append([Array((value == nil ? "SREM" : "SADD").utf8), listPlace(key.space), key.entity])
            }
        }
        for mark in marks { commands.append([Array("SET".utf8), markPlace(mark.name), mark.value]) }
        commands.append([Array("EXEC".utf8)])
        let replies = try connection.exchange(commands)
        // A command that is refused, for want of memory for instance, has EXEC refuse all: the first says why.
        guard let last = try Self.checked(replies, name).last else { return false }
        guard case .list(let results) = last else { return false }
        _ = try Self.checked(results, name)
        return true
    }

    /// Calls `body` with the entities of a space, some at a time.
    public func forEachEntity(
        in space: String, _ body: ([[UInt8]]) throws(OnlineStoreError) -> Void
    ) throws(OnlineStoreError) {
        if OnlineKey.isListed(space) {
            try scan([Array("SSCAN".utf8), listPlace(space)], [], body)
            return
        }
        let start = spacePrefix(space)
        try scan(space) { (places) throws(OnlineStoreError) in
            let entities = places.compactMap { place -> [UInt8]? in
                guard place.starts(with: start), place.last == UInt8(ascii: "}") else { return nil }
                return Array(place[start.count...].dropLast())
            }
            if !entities.isEmpty { try body(entities) }
        }
    }

    /// Removes all rows of a space.
    public func removeAll(in space: String) throws(OnlineStoreError) {
        if OnlineKey.isListed(space) {
            try forEachEntity(in: space) { (entities) throws(OnlineStoreError) in
                let keys = Set(entities).map { OnlineKey(space: space, entity: $0) }
                try self.update(keys, marks: []) { _ in Array(repeating: nil, count: keys.count) }
            }
            return
        }
        try scan(space) { (places) throws(OnlineStoreError) in
            _ = try connections.use { (connection) throws(OnlineStoreError) in
                try Self.checked(try connection.exchange(places.map { [Array("DEL".utf8), $0] }), self.name)
            }
        }
    }

    /// Calls `body` with the places of all rows of a space, some at a time.
    private func scan(
        _ space: String, _ body: ([[UInt8]]) throws(OnlineStoreError) -> Void
    ) throws(OnlineStoreError) {
        let pattern = spacePrefix(space).flatMap { byte in
            "*?[]\\".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
        }
        try scan([Array("SCAN".utf8)], [Array("MATCH".utf8), pattern + Array("*".utf8)], body)
    }

    /// Calls `body` with what a command tells from cursor to cursor.
    ///
    /// - Parameters:
    ///   - start: the words before the cursor.
    ///   - end: those after it.
    private func scan(
        _ start: [[UInt8]], _ end: [[UInt8]], _ body: ([[UInt8]]) throws(OnlineStoreError) -> Void
    ) throws(OnlineStoreError) {
        var cursor = Array("0".utf8)
        repeat {
            let command = start + [cursor] + end + [Array("COUNT".utf8), Array("\(Self.keysAtOnce)".utf8)]
            let replies = try connections.use { (connection) throws(OnlineStoreError) in
                try Self.checked(try connection.exchange([command]), self.name)
            }
            guard case .list(let parts)? = replies.first, parts.count == 2, let next = parts[0].bytes,
                case .list(let places) = parts[1]
            else { throw .damaged(store: name, what: "an answer to a scan") }
            cursor = next
            let found = places.compactMap(\.bytes)
            if !found.isEmpty { try body(found) }
        } while cursor != Array("0".utf8)
    }

    // MARK: Places

    private func spacePrefix(_ space: String) -> [UInt8] { Array("\(prefix)\(space):{".utf8) }

    private func place(_ key: OnlineKey) -> [UInt8] {
        spacePrefix(key.space) + key.entity + [UInt8(ascii: "}")]
    }

    private func listPlace(_ space: String) -> [UInt8] { Array("\(prefix)list:\(space)".utf8) }

    private func markPlace(_ name: String) -> [UInt8] { Array("\(prefix)mark:\(name)".utf8) }

    /// The answers, if none is an error.
    private static func checked(
        _ replies: [RedisReply], _ name: String
    ) throws(OnlineStoreError) -> [RedisReply] {
        for case .error(let reason) in replies { throw .refused(store: name, reason: reason) }
        return replies
    }
}

/// Connections that are kept for the next exchange.
private final class RedisConnections: Sendable {
    private final class Held: @unchecked Sendable {
        // `@unchecked Sendable`: a connection has one user at a time, from being taken to being given back.
        let connection: RedisConnection

        init(_ address: RedisAddress) throws(OnlineStoreError) { connection = try RedisConnection.open(address) }
    }

    private struct State {
        var free: [Held] = []
        var inUse = 0
    }

    private let address: RedisAddress
    private let limit: Int
    private let state = Monitor(State())

    init(_ address: RedisAddress, limit: Int) {
        (self.address, self.limit) = (address, limit)
    }

    /// Uses a connection. One that was kept may have broken meanwhile: then all is done once more, with a new one.
    func use<Result>(
        _ body: (borrowing RedisConnection) throws(OnlineStoreError) -> Result
    ) throws(OnlineStoreError) -> Result {
        let kept = state.wait { state -> Held?? in
            guard state.inUse < self.limit else { return nil }
            state.inUse += 1
            return .some(state.free.popLast())
        }
        var used: Held?
        defer {
            state.withLock { state in
                state.inUse -= 1
                if let used { state.free.append(used) }
            }
            state.notifyAll()
        }
        if let kept {
            do throws(OnlineStoreError) {
                let result = try body(kept.connection)
                used = kept
                return result
            } catch {
                guard case .unavailable = error else {
                    used = kept
                    throw error
                }
                // The others were idle as long, and are no better.
                state.withLock { $0.free = [] }
            }
        }
        let fresh = try Held(address)
        do throws(OnlineStoreError) {
            let result = try body(fresh.connection)
            used = fresh
            return result
        } catch {
            if case .unavailable = error {} else { used = fresh }
            throw error
        }
    }
}

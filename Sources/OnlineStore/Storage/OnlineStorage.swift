import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

/// Where something is kept: a space, such as one view in one form, and the entity in it.
public struct OnlineKey: Hashable, Sendable {
    /// The space. It never holds what was written under another definition.
    public let space: String
    /// The entity's key values, as ``EntityKey`` writes them.
    public let entity: [UInt8]

    /// Names a place.
    public init(space: String, entity: [UInt8]) {
        (self.space, self.entity) = (space, entity)
    }

    /// What the names of spaces begin with whose entities a store lists: ``OnlineStorage/forEachEntity(in:_:)`` costs no more
    /// than there are of them, however much else the store holds.
    static let listedPrefix = "push:"

    /// Whether the entities of a space are listed.
    static func isListed(_ space: String) -> Bool { space.hasPrefix(listedPrefix) }
}

/// A small text or number that a store keeps beside its rows, such as how far it was filled.
public struct OnlineMark: Hashable, Sendable {
    /// What it is called, within its store.
    public let name: String
    /// What it says.
    public let value: [UInt8]

    /// Names a mark and its value.
    public init(_ name: String, _ value: [UInt8]) {
        (self.name, self.value) = (name, value)
    }
}

/// A store that answers in well under a millisecond: bytes by key, read many at once and changed with care.
///
/// ``SQLiteStorage`` and ``RedisStorage`` behave alike, which one suite of tests checks for both. Any thread may call.
public protocol OnlineStorage: Sendable {
    /// As messages call it: what kind of store it is, and where.
    var name: String { get }

    /// Reads rows and marks as they are at one moment, in the order of the keys and names; `nil` for what is not there.
    ///
    /// - Complexity: one exchange with the store, however many keys there are.
    func read(
        _ keys: [OnlineKey], marks: [String]
    ) throws(OnlineStoreError) -> (values: [[UInt8]?], marks: [[UInt8]?])

    /// Changes rows: reads them, has `change` say what they are to be, and writes that, unless another has written them
    /// meanwhile; then it begins again. A row that becomes `nil` is removed; one that stays as it was is not written.
    ///
    /// - Parameters:
    ///   - keys: each key once.
    ///   - marks: are written with the rows, or after them: a mark never says that something was written which was not.
    ///   - change: is called again when another was faster, so it must do nothing but answer.
    func update(
        _ keys: [OnlineKey], marks: [OnlineMark],
        _ change: ([[UInt8]?]) throws(OnlineStoreError) -> [[UInt8]?]
    ) throws(OnlineStoreError)

    /// Calls `body` with the entities of a space, some at a time, in no particular order, and perhaps some of them twice. What
    /// is written or removed meanwhile may be missed or told.
    func forEachEntity(
        in space: String, _ body: ([[UInt8]]) throws(OnlineStoreError) -> Void
    ) throws(OnlineStoreError)

    /// Removes all rows of a space; its marks stay.
    func removeAll(in space: String) throws(OnlineStoreError)
}

extension OnlineStorage {
    /// Reads rows, in the order of the keys; `nil` for a key without one.
    public func values(of keys: [OnlineKey]) throws(OnlineStoreError) -> [[UInt8]?] {
        try read(keys, marks: []).values
    }

    /// What a mark says; `nil` if it was never written.
    public func mark(_ name: String) throws(OnlineStoreError) -> [UInt8]? {
        try read([], marks: [name]).marks[0]
    }

    /// Writes marks alone.
    public func write(_ marks: [OnlineMark]) throws(OnlineStoreError) {
        try update([], marks: marks) { _ in [] }
    }
}

/// Why an online store did not do what it was asked for.
public enum OnlineStoreError: Error, Equatable, Sendable {
    /// It cannot be reached, or broke off.
    case unavailable(store: String, reason: String)
    /// It answered, and refused: a wrong password, no memory left, a read-only replica.
    case refused(store: String, reason: String)
    /// What it holds cannot be read.
    case damaged(store: String, what: String)
    /// Others kept changing the same rows.
    case busy(store: String)
    /// The address of the store is none.
    case invalidAddress(String, reason: String)
}

extension OnlineStoreError: CustomStringConvertible {
    /// One line for people: what happened, where, and what to do next.
    public var description: String {
        switch self {
        case .unavailable(let store, let reason):
            "the online store \(store) cannot be reached: \(reason); check that it runs and that the address is right"
        case .refused(let store, let reason): "the online store \(store) refused: \(reason)"
        case .damaged(let store, let what):
            "the online store \(store) holds \(what), which cannot be read; remove it, or name another with '--store', "
                + "and fill that with 'vintage features materialize'"
        case .busy(let store): "others kept changing the same rows of the online store \(store); try again"
        case .invalidAddress(let address, let reason): "'\(address)' is no address of an online store: \(reason)"
        }
    }
}

extension OnlineStoreError: ErrorWithExitStatus {
    /// Damage is found, an address is used wrongly, and anything else fails around the program.
    public var exitStatus: ExitStatus {
        switch self {
        case .damaged: .found
        case .invalidAddress: .misused
        case .unavailable, .refused, .busy: .failed
        }
    }
}

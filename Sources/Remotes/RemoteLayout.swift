import ObjectStore

/// What the objects of a remote are named.
enum RemoteLayout {
    /// Says that it is a remote, and of which format.
    static let description = "format"
    static let packs = "packs/"
    static let indexes = "indexes/"
    static let refs = "refs/"

    static func pack(_ id: ObjectID) -> String { "packs/\(id.description.prefix(2))/\(id).pack" }

    /// - Parameter id: the hash of the index's bytes.
    static func index(_ id: ObjectID) -> String { "indexes/\(id).index" }

    /// The hash that an index's bytes must have; `nil` if the name is none of an index.
    static func indexID(_ name: String) -> ObjectID? { id(name, prefix: "indexes/", suffix: ".index") }

    /// The id of a pack; `nil` if the name is none of a pack.
    static func packID(_ name: String) -> ObjectID? {
        guard let id = id(name, prefix: "packs/\(name.dropFirst(packs.count).prefix(2))/", suffix: ".pack"),
            name == pack(id)
        else { return nil }
        return id
    }

    /// One step in the history of all refs.
    static func refs(_ number: UInt64) -> String {
        let digits = String(number)
        return "refs/" + String(repeating: "0", count: max(0, 16 - digits.utf8.count)) + digits
    }

    /// The number of a step; `nil` if the name is none of a step.
    static func refsNumber(_ name: String) -> UInt64? {
        guard let number = UInt64(name.dropFirst(refs.count)), name == refs(number) else { return nil }
        return number
    }

    private static func id(
        _ name: String, prefix: String, suffix: String
    ) -> ObjectID? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        return ObjectID(hex: name.dropFirst(prefix.count).dropLast(suffix.count))
    }
}

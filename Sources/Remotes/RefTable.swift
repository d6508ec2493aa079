import FileSystem
import ObjectStore

/// The name of something that moves on a remote: where a branch has an artifact, or a tag.
public struct RefKey: Hashable, Sendable {
    /// What is named.
    public enum Kind: String, Sendable {
        /// The version of an artifact that a branch is at.
        case head
        /// A version that a user gave a name.
        case tag
    }

    /// What is named.
    public let kind: Kind
    /// The artifact.
    public let artifact: RelativePath
    /// The branch's name, or the tag's.
    public let name: String

    /// Names a ref.
    public init(_ kind: Kind, _ artifact: RelativePath, _ name: String) {
        self.kind = kind
        self.artifact = artifact
        self.name = name
    }

    /// Whether a remote can keep a ref of that name: it has no space and no control character.
    var isStorable: Bool { !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f } }
}

extension RefKey: Comparable {
    /// Orders refs by artifact, then kind, then name.
    public static func < (left: RefKey, right: RefKey) -> Bool {
        if left.artifact != right.artifact { return left.artifact < right.artifact }
        return (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
    }
}

extension RefKey: CustomStringConvertible {
    /// For people: `data/flights on main`, or `data/flights@v3`.
    public var description: String {
        switch kind {
        case .head: "\(artifact) on \(name)"
        case .tag: "\(artifact)@\(name)"
        }
    }
}

/// A ref that moved, or that was to move.
public struct RefMove: Hashable, Sendable {
    /// The ref.
    public let key: RefKey
    /// Where it was; `nil` if it was not there.
    public let old: ObjectID?
    /// Where it is now, or should be.
    public let new: ObjectID

    /// Describes a move.
    public init(_ key: RefKey, from old: ObjectID?, to new: ObjectID) {
        self.key = key
        self.old = old
        self.new = new
    }
}

/// One step in the history of a remote's refs: those that moved, or in every sixteenth step all of them.
///
///     vintage refs 1
///     step 17
///     2cf24dba5fb0a30e… head main data/flights
///     4355a46b19d348dc… tag v3 "odd\nname"
///     checksum 6b86b273ff34fce1…
package struct RefStep: Equatable {
    /// Every step whose number is a multiple of this holds all refs, so that few are read to know them.
    package static let stride: UInt64 = 16

    package let number: UInt64
    package let refs: [RefKey: ObjectID]

    package func encoded() -> [UInt8] {
        var text = "vintage refs 1\nstep \(number)\n"
        for (key, snapshot) in refs.sorted(by: { $0.key < $1.key }) {
            text += "\(snapshot) \(key.kind.rawValue) \(key.name) \(quotedForDisplay(key.artifact.bytes))\n"
        }
        return Array(text.utf8) + Array("checksum \(ObjectID(of: Array(text.utf8)))\n".utf8)
    }

    package init(number: UInt64, refs: [RefKey: ObjectID]) {
        self.number = number
        self.refs = refs
    }

    package init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 4, lines[0].elementsEqual("vintage refs 1".utf8),
            lines[1].starts(with: "step ".utf8),
            let number = UInt64(String(decoding: lines[1].dropFirst(5), as: UTF8.self))
        else { throw DecodingFailure("it is no step of refs that this version can read") }
        var refs: [RefKey: ObjectID] = [:]
        for line in lines[2..<lines.count - 2] {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
            guard words.count == 4, let id = ObjectID(hex: String(decoding: words[0], as: UTF8.self)),
                let kind = RefKey.Kind(rawValue: String(decoding: words[1], as: UTF8.self)),
                let path = unquoted(Array(words[3])), let artifact = try? RelativePath(bytes: path)
            else { throw DecodingFailure("a line is damaged") }
            refs[RefKey(kind, artifact, String(decoding: words[2], as: UTF8.self))] = id
        }
        self.init(number: number, refs: refs)
        // Only the very bytes that would be written are accepted.
        guard encoded() == bytes else { throw DecodingFailure("its checksum or its order does not match") }
    }
}

import FileSystem

/// What stands at a path of a stored tree.
public enum Node: Hashable, Sendable {
    /// A file's content, and whether its owner may run it.
    case file(FileReference, isExecutable: Bool)
    /// A symbolic link; its content is the target.
    case link(FileReference)
    /// A folder.
    case directory(TreeReference)

    /// Whether it is a folder.
    public var isDirectory: Bool {
        if case .directory = self { true } else { false }
    }

    /// The bytes of the file, of the link's target, or of all files below the folder.
    public var size: UInt64 {
        switch self {
        case .file(let file, _), .link(let file): file.size
        case .directory(let tree): tree.size
        }
    }

    /// How many files and links stand at or below it.
    public var fileCount: UInt64 {
        switch self {
        case .file, .link: 1
        case .directory(let tree): tree.fileCount
        }
    }

    /// The id of its content.
    public var id: ObjectID {
        switch self {
        case .file(let file, _), .link(let file): file.id
        case .directory(let tree): tree.id
        }
    }
}

/// A stored folder: its listing's root, and what all of it adds up to.
public struct TreeReference: Hashable, Sendable {
    /// The id of the listing's root node.
    public let id: ObjectID
    /// How many levels of inner nodes stand above the leaves: 0 for a listing of one node.
    public let level: UInt8
    /// The bytes of all files below.
    public let size: UInt64
    /// How many files and links stand below.
    public let fileCount: UInt64

    /// Names a folder.
    public init(id: ObjectID, level: UInt8, size: UInt64, fileCount: UInt64) {
        self.id = id
        self.level = level
        self.size = size
        self.fileCount = fileCount
    }
}

/// A name in a folder and what it stands for.
public struct TreeEntry: Hashable, Sendable {
    /// The name's bytes: no slash, no NUL, not `.` or `..`.
    public let name: [UInt8]
    /// What the name stands for.
    public let node: Node

    /// Joins a name and its node.
    public init(name: [UInt8], node: Node) {
        self.name = name
        self.node = node
    }
}

extension Node {
    private enum Code: UInt8 {
        case file = 1, executable, link, directory
    }

    package func encode(into encoder: inout Encoder) {
        switch self {
        case .file(let file, let isExecutable):
            encoder.append((isExecutable ? Code.executable : .file).rawValue)
            encoder.append(file.level)
            encoder.append(number: file.size)
            encoder.append(file.id)
        case .link(let target):
            encoder.append(Code.link.rawValue)
            encoder.append(target.level)
            encoder.append(number: target.size)
            encoder.append(target.id)
        case .directory(let tree):
            encoder.append(Code.directory.rawValue)
            encoder.append(tree.level)
            encoder.append(number: tree.size)
            encoder.append(number: tree.fileCount)
            encoder.append(tree.id)
        }
    }

    package init(decoding decoder: inout Decoder) throws(DecodingFailure) {
        guard let code = Code(rawValue: try decoder.byte()) else { throw DecodingFailure("an entry has no known kind") }
        let level = try decoder.byte()
        guard level <= Manifest.maximumLevel else { throw DecodingFailure("a level is out of range") }
        let size = try decoder.number()
        guard size <= UInt64(Int64.max) else { throw DecodingFailure("a size is out of range") }
        switch code {
        case .file, .executable:
            guard level > 0 || size <= UInt64(PackFormat.maximumObjectSize) else {
                throw DecodingFailure("a chunk's size is out of range")
            }
            let file = FileReference(id: try decoder.id(), size: size, level: level)
            self = .file(file, isExecutable: code == .executable)
        case .link:
            guard level == 0, size > 0, size <= UInt64(PackFormat.maximumObjectSize) else {
                throw DecodingFailure("a link's target is out of range")
            }
            self = .link(FileReference(id: try decoder.id(), size: size, level: level))
        case .directory:
            let count = try decoder.number()
            guard count <= UInt64(Int64.max) else { throw DecodingFailure("a count of files is out of range") }
            self = .directory(TreeReference(id: try decoder.id(), level: level, size: size, fileCount: count))
        }
    }
}

/// A node of a folder's listing: entries by name, or the children that hold them.
///
/// As with ``Manifest``, where a node ends depends on the names in it alone, so that one changed file in a folder of a
/// million writes one leaf and its few ancestors, whatever was there before.
public struct TreeNode: Sendable {
    /// A lower node and the first name in it.
    package struct Child: Hashable, Sendable {
        package let firstName: [UInt8]
        package let id: ObjectID

        package init(firstName: [UInt8], id: ObjectID) {
            self.firstName = firstName
            self.id = id
        }
    }

    package enum Content: Sendable {
        case leaf([TreeEntry])
        case inner(level: UInt8, [Child])
    }

    package let content: Content

    package static let minimumCount = 64
    package static let maximumCount = 1024

    /// Whether a node that now has `count` names ends after the name: the highest 7 bits of the name's FNV-1a hash times
    /// `0x9e3779b97f4a7c15` (modulo 2⁶⁴) are all zero.
    ///
    /// The product spreads the last letters over the high bits, where FNV alone leaves numbered names alike.
    package static func ends(after name: some Sequence<UInt8>, count: Int) -> Bool {
        if count < minimumCount { return false }
        if count >= maximumCount { return true }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return (hash &* 0x9e37_79b9_7f4a_7c15) >> 57 == 0
    }

    package init(_ content: Content) { self.content = content }

    package func encoded() -> [UInt8] {
        var encoder = Encoder()
        encoder.append(fixed: "vintage tree 1\n")
        switch content {
        case .leaf(let entries):
            encoder.append(0)
            encoder.append(number: UInt64(entries.count))
            for entry in entries {
                encoder.append(counted: entry.name)
                entry.node.encode(into: &encoder)
            }
        case .inner(let level, let children):
            encoder.append(level)
            encoder.append(number: UInt64(children.count))
            for child in children {
                encoder.append(counted: child.firstName)
                encoder.append(child.id)
            }
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var decoder = Decoder(bytes)
        try decoder.expect("vintage tree 1\n")
        let level = try decoder.byte()
        guard level <= Manifest.maximumLevel else { throw DecodingFailure("its level is out of range") }
        let count = try decoder.count()
        guard count <= Self.maximumCount, level == 0 || count > 0 else {
            throw DecodingFailure("it has too few or many entries")
        }
        var last: [UInt8]?
        func next(_ name: [UInt8]) throws(DecodingFailure) -> [UInt8] {
            if let reason = reasonRefused(name) { throw DecodingFailure(reason) }
            if let last, !last.lexicographicallyPrecedes(name) { throw DecodingFailure("its names are not in order") }
            last = name
            return name
        }
        if level == 0 {
            var entries: [TreeEntry] = []
            entries.reserveCapacity(count)
            for _ in 0..<count {
                let name = try next(try decoder.counted())
                entries.append(TreeEntry(name: name, node: try Node(decoding: &decoder)))
            }
            content = .leaf(entries)
        } else {
            var children: [Child] = []
            children.reserveCapacity(count)
            for _ in 0..<count {
                let name = try next(try decoder.counted())
                children.append(Child(firstName: name, id: try decoder.id()))
            }
            content = .inner(level: level, children)
        }
        try decoder.end()
    }
}

/// Why a stored name must not reach a file system; `nil` if it may.
///
/// `.git` and `.vintage` are refused in any case of letters, since some file systems do not tell them apart: a tree
/// that held them could replace a repository's hooks.
package func reasonRefused(_ name: [UInt8]) -> String? {
    if name.isEmpty { return "a name is empty" }
    if name.count > 255 { return "a name has more than 255 bytes" }
    if name.contains(0) || name.contains(UInt8(ascii: "/")) {
        return "the name \(quotedForDisplay(name)) holds a slash or NUL"
    }
    if name[0] == UInt8(ascii: ".") {
        if name.count == 1 || name == [0x2e, 0x2e] { return "a name is '.' or '..'" }
        let folded = name.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        if folded == Array(".git".utf8) || folded == Array(".vintage".utf8) {
            return "the name \(quotedForDisplay(name)) belongs to the repository itself"
        }
    }
    return nil
}

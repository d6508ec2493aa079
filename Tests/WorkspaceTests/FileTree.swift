import FileSystem
import SystemPackage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What stands at a path on disk.
enum FileItem: Hashable {
    case file([UInt8], isExecutable: Bool)
    case link([UInt8])
    case folder

    /// A file that nobody may run.
    static func text(_ text: String) -> FileItem { .file(Array(text.utf8), isExecutable: false) }

    var isFolder: Bool { self == .folder }
}

/// Everything at and below a path on disk, by the path from there; a folder is an item too.
///
/// The plain picture of a version that the tests hold the workspace's against.
struct FileTree: Equatable {
    var items: [RelativePath: FileItem] = [:]

    init(_ items: [RelativePath: FileItem] = [:]) { self.items = items }

    /// A folder of files by name, for tests that care about contents alone.
    init(files: [String: String]) {
        self[.root] = .folder
        for (name, text) in files { self[at(name)] = .text(text) }
    }

    /// Reads what is on disk; empty if nothing is.
    init(at path: FilePath) throws { try read(path, .root) }

    private mutating func read(_ path: FilePath, _ place: RelativePath) throws {
        guard let status = try path.status() else { return }
        switch status.kind {
        case .regular: items[place] = .file(try path.contents(), isExecutable: status.isExecutable)
        case .symbolicLink:
            let parent = try Directory(path.removingLastComponent())
            items[place] = .link(try parent.linkTarget(FilePath(root: nil, [path.lastComponent!]).bytes))
        case .directory:
            items[place] = .folder
            for name in try Directory(path).listing() {
                try read(path.appending(bytes: name), place.appending(component: name))
            }
        case .other: throw Unexpected.kind(place)
        }
    }

    enum Unexpected: Error { case kind(RelativePath) }

    /// What stands at a path. Setting makes the folders above it.
    subscript(_ path: RelativePath) -> FileItem? {
        get { items[path] }
        set {
            items[path] = newValue
            guard newValue != nil else { return }
            var folder = path.parent
            while let next = folder {
                if items[next] == nil { items[next] = .folder }
                folder = next.parent
            }
        }
    }

    /// The files and links, without the folders.
    var files: [RelativePath: FileItem] { items.filter { !$0.value.isFolder } }

    var isEmpty: Bool { items.isEmpty }

    /// Takes a path and all below it away.
    mutating func remove(_ path: RelativePath) {
        for key in items.keys where path.contains(key) { items[key] = nil }
    }

    /// What stands at and below a path, as a tree of its own.
    func below(_ path: RelativePath) -> FileTree {
        var tree = FileTree()
        for (key, item) in items { if let place = key.relative(to: path) { tree.items[place] = item } }
        return tree
    }

    /// Makes the disk hold this and nothing else at a path.
    func write(to path: FilePath) throws {
        try path.removeAll()
        for (place, item) in items.sorted(by: { $0.key < $1.key }) {
            let location = path.appending(place)
            switch item {
            case .folder: try location.makeDirectories()
            case .file(let bytes, let isExecutable):
                try location.removingLastComponent().makeDirectories()
                let file = try File(creating: location)
                try file.write(bytes)
                if isExecutable { try file.setExecutable(true) }
            case .link(let target):
                try Directory(location.removingLastComponent()).makeLink(
                    place.isRoot ? name(of: location) : Array(place.name), to: target)
            }
        }
    }

    private func name(of path: FilePath) -> [UInt8] { FilePath(root: nil, [path.lastComponent!]).bytes }

    /// The paths of files and links that differ between two trees.
    static func differences(_ old: FileTree, _ new: FileTree) -> Set<RelativePath> {
        let (old, new) = (old.files, new.files)
        return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
    }
}

/// Makes trees that a file system can hold and few people would.
struct HostileTreeGenerator {
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func name() -> [UInt8] {
        while true {
            let name = candidate()
            let folded = String(decoding: name, as: UTF8.self).lowercased()
            let isReserved = [".", "..", ".git", ".vintage", ".vintageignore"].contains(folded)
            if !isReserved, !name.starts(with: temporaryPrefix.utf8) { return name }
        }
    }

    private mutating func candidate() -> [UInt8] {
        switch UInt8.random(in: 0..<12, using: &random) {
        case 0: bytes(count: 255)
        case 1: bytes(count: Int.random(in: 1...40, using: &random))
        case 2: Array("-rf".utf8) + letters(3)
        case 3: Array("🐝é\u{301}漢".utf8) + letters(2)
        case 4: letters(3) + [0x20]
        case 5: letters(3) + [0x2e]
        case 6: letters(2) + [0x0a] + letters(2)
        case 7: [0xff, 0xfe] + letters(1)
        case 8:
            Array(
                ["*", "?", "[a]", "!x", "#x", "\\", "\"", "'", "a\tb", "~", "$HOME", "..."].randomElement(
                    using: &random)!.utf8)
        case 9: [0x2e] + letters(3)
        default: letters(Int.random(in: 1...8, using: &random))
        }
    }

    private mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in
            let byte = UInt8.random(in: 1...255, using: &random)
            return byte == UInt8(ascii: "/") ? 0x01 : byte
        }
    }

    private mutating func letters(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0x61...0x7a, using: &random) }
    }

    mutating func contents() -> [UInt8] {
        switch UInt8.random(in: 0..<20, using: &random) {
        case 0...2: []
        case 3: randomBytes(Int.random(in: 50_000...200_000, using: &random))
        case 4: [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: 70_000)
        default: randomBytes(Int.random(in: 1...3_000, using: &random))
        }
    }

    private mutating func randomBytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private mutating func linkTarget() -> [UInt8] {
        switch UInt8.random(in: 0..<6, using: &random) {
        case 0: Array("nowhere/at all".utf8)
        case 1: Array("/etc".utf8)
        case 2: Array("..".utf8)
        case 3: Array("../../../outside".utf8)
        case 4: bytes(count: Int.random(in: 1...600, using: &random))
        default: Array(".".utf8)
        }
    }

    /// A folder, or now and then a single file or link.
    mutating func tree() -> FileTree {
        var tree = FileTree()
        switch UInt8.random(in: 0..<12, using: &random) {
        case 0: tree[.root] = .file(contents(), isExecutable: Bool.random(using: &random))
        case 1: tree[.root] = .link(linkTarget())
        default: fill(&tree, .root, depth: 0)
        }
        return tree
    }

    private mutating func fill(_ tree: inout FileTree, _ folder: RelativePath, depth: Int) {
        tree[folder] = .folder
        for _ in 0..<Int.random(in: 0...7, using: &random) {
            let path = folder.appending(component: name())
            if tree[path] != nil { continue }
            switch UInt8.random(in: 0..<10, using: &random) {
            case 0...2 where depth < 4: fill(&tree, path, depth: depth + 1)
            case 3: tree[path] = .link(linkTarget())
            default: tree[path] = .file(contents(), isExecutable: UInt8.random(in: 0..<4, using: &random) == 0)
            }
        }
    }
}

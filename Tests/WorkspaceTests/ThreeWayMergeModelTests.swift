import FileSystem
import Testing
import Workspace

/// A tree as a set of facts: the values of files and the presence of folders, by path. The root is a folder always.
private struct Facts: Equatable {
    var files: [String: Int] = [:]
    var folders: Set<String> = []

    static func isInside(_ path: String, _ folder: String) -> Bool { path.hasPrefix(folder + "/") }

    /// Every folder above a path, outermost first.
    static func foldersAbove(_ path: String) -> [String] {
        path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
    }

    /// What is at a path and below it.
    func part(_ path: String) -> Facts {
        Facts(
            files: files.filter { $0.key == path || Self.isInside($0.key, path) },
            folders: folders.filter { $0 == path || Self.isInside($0, path) })
    }
}

/// The model: every path on its own, then what cannot stand together.
private func modelMerge(_ base: Facts, _ ours: Facts, _ theirs: Facts) -> (Facts, conflicts: Set<String>) {
    func choose<Value: Equatable>(_ base: Value, _ ours: Value, _ theirs: Value) -> Value? {
        if ours == theirs { return ours }
        if base == ours { return theirs }
        return base == theirs ? ours : nil
    }
    var merged = Facts()
    var conflicts: Set<String> = []
    let paths = Set([base, ours, theirs].flatMap { Array($0.files.keys) })
    for path in paths {
        if let choice = choose(base.files[path], ours.files[path], theirs.files[path]) {
            merged.files[path] = choice
        } else {
            conflicts.insert(path)
            merged.files[path] = ours.files[path]
        }
    }
    for path in base.folders.union(ours.folders).union(theirs.folders) {
        if choose(base.folders.contains(path), ours.folders.contains(path), theirs.folders.contains(path)) == true {
            merged.folders.insert(path)
        }
    }
    for path in merged.files.keys { merged.folders.formUnion(Facts.foldersAbove(path)) }
    for path in merged.folders { merged.folders.formUnion(Facts.foldersAbove(path)) }
    // A file or a dispute over a file where something lies, or is disputed, inside: one conflict, outermost first.
    let claims = Set(merged.files.keys).union(conflicts)
    for path in claims.sorted(by: { $0.utf8.count < $1.utf8.count }) {
        if conflicts.contains(where: { Facts.isInside(path, $0) }) { continue }
        let isClash =
            merged.folders.contains(path) || claims.contains { Facts.isInside($0, path) }
            || (conflicts.contains(path) && (ours.folders.contains(path) || theirs.folders.contains(path)))
        guard isClash else { continue }
        conflicts = conflicts.filter { !Facts.isInside($0, path) }
        conflicts.insert(path)
        let (old, kept) = (merged.part(path), ours.part(path))
        merged.files = merged.files.filter { old.files[$0.key] == nil }.merging(kept.files) { $1 }
        merged.folders = merged.folders.subtracting(old.folders).union(kept.folders)
    }
    return (merged, conflicts)
}

/// A node of ``Facts``: a path in one of them, equal when all below it is.
private struct FactNode: Hashable {
    let value: Int?
    let files: [String: Int]
    let folders: Set<String>

    init?(_ facts: Facts, _ path: String) {
        let part = path.isEmpty ? facts : facts.part(path)
        value = facts.files[path]
        if value == nil && !path.isEmpty && !facts.folders.contains(path) { return nil }
        let skipped = path.isEmpty ? 0 : path.count + 1
        func below(_ inside: String) -> String { String(inside.dropFirst(skipped)) }
        files = Dictionary(uniqueKeysWithValues: part.files.filter { $0.key != path }.map { (below($0.key), $0.value) })
        folders = Set(part.folders.filter { $0 != path }.map(below))
    }

    var facts: Facts { Facts(files: files, folders: folders) }

    var entries: [MergeEntry<FactNode>] {
        let names = Set((Array(files.keys) + Array(folders)).map { String($0.prefix { $0 != "/" }) })
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { name in
            FactNode(facts, name).map { MergeEntry(name: Array(name.utf8), content: $0) }
        }
    }
}

private func facts(of merged: MergedNode<FactNode>, at path: String, into facts: inout Facts) {
    switch merged {
    case .existing(let node):
        if let value = node.value {
            facts.files[path] = value
        } else {
            if !path.isEmpty { facts.folders.insert(path) }
            for entry in node.entries {
                collect(MergedNode.existing(entry.content), entry.name, at: path, into: &facts)
            }
        }
    case .folder(let entries):
        if !path.isEmpty { facts.folders.insert(path) }
        for entry in entries { collect(entry.content, entry.name, at: path, into: &facts) }
    }
}

private func collect(_ node: MergedNode<FactNode>, _ name: [UInt8], at path: String, into result: inout Facts) {
    let name = String(decoding: name, as: UTF8.self)
    facts(of: node, at: path.isEmpty ? name : path + "/" + name, into: &result)
}

/// Random trees that share much with each other.
private struct RandomTrees {
    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(seed: seed) }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func tree() -> Facts {
        var facts = Facts()
        fill("", depth: 0, &facts)
        return facts
    }

    private mutating func fill(_ folder: String, depth: Int, _ facts: inout Facts) {
        for name in ["a", "b", "c"] where chance(60) {
            let path = folder + name
            if depth < 2 && chance(50) {
                facts.folders.insert(path)
                fill(path + "/", depth: depth + 1, &facts)
            } else {
                facts.files[path] = Int.random(in: 1...3, using: &generator)
            }
        }
    }

    /// A tree with some of its places changed, removed, added, or turned from a file into a folder or back.
    mutating func edited(_ facts: Facts) -> Facts {
        var facts = facts
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let depth = Int.random(in: 1...3, using: &generator)
            let path = (0..<depth).map { _ in ["a", "b", "c"].randomElement(using: &generator)! }.joined(separator: "/")
            for folder in Facts.foldersAbove(path) {
                facts.files[folder] = nil
                facts.folders.insert(folder)
            }
            let old = facts.part(path)
            let isFolder = old.folders.contains(path)
            if isFolder && chance(40) { continue }
            facts.files = facts.files.filter { old.files[$0.key] == nil }
            facts.folders.subtract(old.folders)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: break
            case 1 where depth < 3:
                facts.folders.insert(path)
                if chance(70) { facts.files[path + "/a"] = Int.random(in: 1...3, using: &generator) }
            default: facts.files[path] = Int.random(in: 1...3, using: &generator)
            }
        }
        return facts
    }
}

@Suite("Three-way merge against a model")
struct ThreeWayMergeModelTests {
    @Test("random trees merge as a model that looks at every path by itself", arguments: 0..<8)
    func againstModel(seed: Int) throws {
        var random = RandomTrees(seed: UInt64(seed))
        let merge = ThreeWayMerge<FactNode, Never>(isFolder: { $0.value == nil }, entries: \.entries)
        var conflictCount = 0
        for _ in 0..<1_500 {
            let base = random.tree()
            let (ours, theirs) = (random.edited(base), random.edited(base))
            let result = merge.merge(
                base: FactNode(base, ""), ours: FactNode(ours, ""), theirs: FactNode(theirs, ""))
            var merged = Facts()
            facts(of: try #require(result.merged), at: "", into: &merged)
            let (expected, conflicts) = modelMerge(base, ours, theirs)
            let paths = result.conflicts.map(\.path)
            #expect(merged == expected, "\(base) \(ours) \(theirs)")
            #expect(Set(paths.map(\.description)) == conflicts, "\(base) \(ours) \(theirs)")
            #expect(paths == paths.sorted())
            for conflict in result.conflicts {
                let path = conflict.path.description
                #expect(conflict.base == FactNode(base, path))
                #expect(conflict.ours == FactNode(ours, path))
                #expect(conflict.theirs == FactNode(theirs, path))
            }
            conflictCount += conflicts.count
        }
        #expect(conflictCount > 100)
    }

    @Test("swapping the sides changes only who is kept")
    func symmetry() {
        var random = RandomTrees(seed: 99)
        let merge = ThreeWayMerge<FactNode, Never>(isFolder: { $0.value == nil }, entries: \.entries)
        for _ in 0..<1_500 {
            let base = random.tree()
            let (ours, theirs) = (random.edited(base), random.edited(base))
            let nodes = [base, ours, theirs].map { FactNode($0, "") }
            let there = merge.merge(base: nodes[0], ours: nodes[1], theirs: nodes[2])
            let back = merge.merge(base: nodes[0], ours: nodes[2], theirs: nodes[1])
            #expect(there.conflicts.map(\.path) == back.conflicts.map(\.path))
            if there.conflicts.isEmpty {
                var (first, second) = (Facts(), Facts())
                if let merged = there.merged { facts(of: merged, at: "", into: &first) }
                if let merged = back.merged { facts(of: merged, at: "", into: &second) }
                #expect(first == second)
            }
        }
    }
}

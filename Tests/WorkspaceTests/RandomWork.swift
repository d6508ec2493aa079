import FileSystem
import Git
import ObjectStore
import SystemPackage
import Testing
import Workspace

/// Random work in a workspace with git, and beside it a plain model of what must come out: what each version holds, and
/// which version the lock and HEAD are at.
final class RandomWork {
    typealias Versions = [RelativePath: ObjectID]

    let test: TestWorkspace
    let workspace: Workspace
    var random: SplitMix
    /// What was done, for the message of a failure.
    private(set) var history: [String] = []

    var lock: Versions = [:]
    var head: Versions = [:]
    /// What each snapshot holds that any operation named.
    var trees: [ObjectID: FileTree] = [:]
    var commits: [(id: GitObjectID, versions: Versions)] = []
    var branches: [String] = []
    /// The contents that the store holds for sure, and those that it may hold too.
    var stored: Set<[UInt8]> = [[]]
    var perhapsStored: Set<[UInt8]> = [[]]

    static let names = [at("data/a"), at("b"), at("c.csv")]

    init(seed: UInt64) throws {
        test = try TestWorkspace(usesGit: true)
        workspace = test.workspace
        random = SplitMix(seed: seed)
    }

    // MARK: Chance

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    func pick<Values: Collection>(_ values: Values) -> Values.Element? { values.randomElement(using: &random) }

    func artifact() -> RelativePath { pick(Set(Self.names).union(lock.keys).sorted())! }

    func path() -> RelativePath {
        let depth = Int.random(in: 1...3, using: &random)
        return at(
            (0..<depth).map { _ in ["x", "y", "z"][Int.random(in: 0..<3, using: &random)] }.joined(separator: "/"))
    }

    func content() -> [UInt8] {
        chance(60) ? Array("text \(Int.random(in: 0..<6, using: &random))".utf8) : Array("text \(random.next())".utf8)
    }

    func disk(_ artifact: RelativePath) throws -> FileTree { try test.tree(artifact) }

    static func bytes(_ item: FileItem) -> [UInt8]? {
        switch item {
        case .file(let bytes, _), .link(let bytes): bytes
        case .folder: nil
        }
    }

    // MARK: Steps

    /// Does one thing and checks all there is to see.
    func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<34: for _ in 0...Int.random(in: 0..<3, using: &random) { try edit() }
        case 34..<44: try add()
        case 44..<48: try addPart()
        case 48..<64: try commit()
        case 64..<76: try checkout()
        case 76..<80: try branch()
        case 80..<87: try merge()
        case 87..<93: try restore()
        case 93..<95: try remove()
        case 95..<97: try move()
        default: try collectGarbage()
        }
        try check()
    }

    func edit() throws {
        let artifact = artifact()
        let place = test.root.appending(artifact)
        if artifact == at("c.csv") {
            if chance(15) { return try place.removeAll() }
            try FileTree([.root: .file(content(), isExecutable: chance(20))]).write(to: place)
            return
        }
        var path = path()
        var tree = try disk(artifact)
        if let known = pick(tree.files.keys.sorted()), chance(60) { path = known }
        let location = place.appending(path)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            // A file on the way gives way to a folder.
            var above = path.parent
            while let folder = above {
                if let item = tree[folder], !item.isFolder { try place.appending(folder).removeAll() }
                above = folder.parent
            }
            try location.removingLastComponent().makeDirectories()
            if tree[path]?.isFolder == false, case .file = tree[path]!, chance(50) {
                try location.replaceContents(with: content(), isDurable: false)
            } else {
                let item: FileItem = chance(90) ? .file(content(), isExecutable: chance(20)) : .link(Array("x/y".utf8))
                try FileTree([.root: item]).write(to: location)
            }
        case 5, 6: try location.removeAll()
        case 7:
            guard case .file(_, let isExecutable) = tree[path] else { return }
            try File(reading: location).setExecutable(!isExecutable)
        case 8:
            let other = self.path()
            tree = tree.below(path)
            guard !tree.isEmpty, !path.contains(other), !other.contains(path) else { return }
            let target = place.appending(other)
            guard try target.status() == nil, try target.removingLastComponent().status()?.kind == .directory else {
                return
            }
            try location.rename(to: target)
        default:
            if try location.removingLastComponent().status()?.kind == .directory, tree[path] == nil {
                try location.makeDirectories()
            }
        }
    }

    func note(_ text: String) { history.append(text) }

    /// Takes over what an operation put into the lock.
    func learn(_ artifact: RelativePath, _ snapshot: ObjectID, holds tree: FileTree) {
        if let known = trees[snapshot] {
            #expect(known == tree, "a snapshot changed: \(history)")
        }
        trees[snapshot] = tree
        lock[artifact] = snapshot
        store(tree)
    }

    func store(_ tree: FileTree) {
        for item in tree.items.values {
            if let bytes = Self.bytes(item) {
                stored.insert(bytes)
                perhapsStored.insert(bytes)
            }
        }
    }

    func add() throws {
        let artifact = artifact()
        let tree = try disk(artifact)
        note("add \(artifact)")
        let before = lock
        do {
            let added = try workspace.add([artifact]).artifacts[0]
            #expect(!tree.isEmpty, "\(history)")
            learn(artifact, added.snapshot, holds: tree)
        } catch WorkspaceError.nothingAt(artifact) {
            #expect(tree.isEmpty, "\(history)")
        }
        if before != lock, chance(20) { try undo(lock: before, head: head, disk: [artifact: tree]) }
    }

    func addPart() throws {
        guard let artifact = pick(lock.keys.sorted()) else { return }
        let disk = try disk(artifact)
        let old = trees[lock[artifact]!]!
        guard let path = pick(Set(disk.files.keys).union(old.files.keys).filter { !$0.isRoot }.sorted()) else { return }
        note("add \(artifact.appending(path))")
        var expected = old
        let part = disk.below(path)
        expected.remove(path)
        if !part.isEmpty {
            var above = path.parent
            while let folder = above {
                if expected.items[folder]?.isFolder == false { expected.items[folder] = nil }
                above = folder.parent
            }
            for (place, item) in part.items { expected[path.appending(place)] = item }
        }
        let added = try workspace.add([artifact.appending(path)]).artifacts[0]
        #expect(try test.tree(of: added.snapshot) == expected, "\(history)")
        learn(artifact, added.snapshot, holds: expected)
    }

    func commit() throws {
        note("commit")
        let before = (lock: lock, head: head)
        var expected: [RelativePath: FileTree] = [:]
        for artifact in lock.keys {
            let tree = try disk(artifact)
            expected[artifact] = tree.isEmpty ? trees[lock[artifact]!]! : tree
        }
        let report = try workspace.commit(message: "step \(history.count)")
        for entry in try workspace.lock().entries { learn(entry.path, entry.snapshot, holds: expected[entry.path]!) }
        guard let commit = report.commit else {
            #expect(lock == head, "\(history)")
            return
        }
        head = lock
        commits.append((commit, lock))
        if chance(15) {
            let disks = try Dictionary(uniqueKeysWithValues: lock.keys.map { ($0, try disk($0)) })
            try undo(lock: before.lock, head: before.head, disk: disks)
        }
    }

    func checkout() throws {
        guard let target = pick(commits) else { return }
        let force = chance(35)
        let before = (lock: lock, head: head)
        let disks = try disksOfAll(target.versions)
        note("checkout \(target.id) force \(force)")
        let uncommitted = lock.contains { $1 != head[$0] && $1 != target.versions[$0] }
        let position = try workspace.repository!.head()
        do {
            let report = try workspace.checkout(target.id.description, force: force)
            #expect(force || !uncommitted, "\(history)")
            (lock, head) = (target.versions, target.versions)
            try checkResult(report, of: target.versions, from: disks, lockBefore: before.lock, force: force)
            // What was in the way and in no snapshot was stored first.
            for tree in disks.values {
                for item in tree.items.values { Self.bytes(item).map { _ = perhapsStored.insert($0) } }
            }
            let newPosition = try workspace.repository!.head()
            let isChanged = before.lock != lock || before.head != head || position != newPosition
            // There is no going back to a branch without a commit.
            if position.commit != nil, isChanged || force, chance(30) {
                let now = try disksOfAll(target.versions)
                if now != disks || isChanged { try undo(lock: before.lock, head: before.head, disk: disks) }
            }
        } catch WorkspaceError.changedArtifacts {
            #expect(uncommitted && !force, "\(history)")
            try expectUntouched(disks, position)
        } catch WorkspaceError.unstoredWork(let paths) {
            #expect(!force && !paths.isEmpty, "\(history)")
            for path in paths {
                let bytes = try FileTree(at: test.root.appending(path)).items[.root].flatMap(Self.bytes)
                #expect(bytes.map { !stored.contains($0) } == true, "refused without need: \(path), \(history)")
            }
            try expectUntouched(disks, position)
        }
    }

    func disksOfAll(_ versions: Versions) throws -> [RelativePath: FileTree] {
        let names = Set(versions.keys).union(lock.keys).union(Self.names)
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try disk($0)) })
    }

    func expectUntouched(_ disks: [RelativePath: FileTree], _ position: GitHead) throws {
        for (artifact, tree) in disks { #expect(try disk(artifact) == tree, "\(history)") }
        #expect(try workspace.repository!.head() == position, "\(history)")
    }

    /// Checks working files after a checkout: the version's, but for changes that were kept.
    func checkResult(
        _ report: CheckoutReport, of versions: Versions, from before: [RelativePath: FileTree], lockBefore: Versions,
        force: Bool
    ) throws {
        let kept = Set(report.kept)
        #expect(!force || kept.isEmpty, "\(history)")
        for (artifact, old) in before {
            let now = try disk(artifact)
            let target = versions[artifact].map { trees[$0]! } ?? FileTree()
            if versions[artifact] == nil, lockBefore[artifact] == nil {
                #expect(now == old, "not tracked, but changed: \(artifact), \(history)")
                continue
            }
            for path in Set(now.files.keys).union(target.files.keys).union(old.files.keys) {
                let place = artifact.appending(path)
                if kept.contains(place) {
                    #expect(now.files[path] == old.files[path], "kept, but changed: \(place), \(history)")
                } else {
                    #expect(now.files[path] == target.files[path], "not as in the version: \(place), \(history)")
                }
                if !force, let bytes = old.files[path].flatMap(Self.bytes), !perhapsStored.contains(bytes) {
                    #expect(now.files[path] == old.files[path], "lost: \(place), \(history)")
                }
            }
            if force || kept.isEmpty { #expect(now == target, "\(artifact), \(history)") }
        }
    }

    func branch() throws {
        guard !head.isEmpty || !commits.isEmpty, try workspace.repository!.head().commit != nil else { return }
        let name = "branch-\(branches.count)"
        note("checkout -b \(name)")
        try workspace.checkout(newBranch: name)
        branches.append(name)
    }

    func restore() throws {
        guard let artifact = pick(lock.keys.sorted()) else { return }
        let source = chance(50) ? pick(commits.filter { $0.versions[artifact] != nil }) : nil
        let version = trees[source?.versions[artifact] ?? lock[artifact]!]!
        let whole = chance(40)
        let inside = whole ? .root : pick(version.items.keys.sorted()) ?? .root
        note("restore \(artifact.appending(inside)) from \(source.map { "\($0.id)" } ?? "the lock")")
        let before = try disk(artifact)
        var expected = before
        expected.remove(inside)
        var above = inside.parent
        while let folder = above {
            if expected.items[folder]?.isFolder == false { expected.items[folder] = nil }
            above = folder.parent
        }
        for (place, item) in version.below(inside).items { expected[inside.appending(place)] = item }
        try workspace.restore([artifact.appending(inside)], source: source?.id.description)
        #expect(try disk(artifact) == expected, "\(history)")
        for item in before.items.values { Self.bytes(item).map { _ = perhapsStored.insert($0) } }
        if before != expected, chance(50) { try undo(lock: lock, head: head, disk: [artifact: before]) }
    }

    func remove() throws {
        guard let artifact = pick(lock.keys.sorted()) else { return }
        let force = chance(50)
        note("rm \(artifact) force \(force)")
        let (before, old) = (lock, try disk(artifact))
        try workspace.remove([artifact], force: force)
        lock[artifact] = nil
        let now = try disk(artifact)
        for (path, item) in old.files {
            let isLeft = now.files[path] == item
            if force {
                #expect(!isLeft, "\(history)")
            } else if !perhapsStored.contains(Self.bytes(item)!) {
                #expect(isLeft, "lost \(path), \(history)")
            }
        }
        for item in old.items.values { Self.bytes(item).map { _ = perhapsStored.insert($0) } }
        if chance(50) { try undo(lock: before, head: head, disk: [artifact: old]) }
    }

    func move() throws {
        guard let from = pick(lock.keys.sorted()) else { return }
        let to = at("moved-\(history.count)/\(from.components.count)")
        let (before, tree) = (lock, try disk(from))
        note("mv \(from) \(to)")
        do {
            try workspace.move(from, to: to)
        } catch WorkspaceError.nothingAt {
            #expect(tree.isEmpty, "\(history)")
            return
        }
        #expect(try disk(from).isEmpty && disk(to) == tree, "\(history)")
        let id = try #require(try workspace.lock()[to])
        trees[id] = trees[lock[from]!]
        lock[to] = id
        lock[from] = nil
        let isStored = tree.items.values.allSatisfy { Self.bytes($0).map { stored.contains($0) } ?? true }
        // What the artifact holds beyond its snapshot would be lost: then undo is refused.
        if chance(50), isStored, tree == trees[id] {
            try undo(lock: before, head: head, disk: [from: tree, to: FileTree()])
        }
    }

    func collectGarbage() throws {
        note("gc")
        _ = try workspace.collectGarbage(grace: .seconds(0))
        // Content that nothing names is gone now, so that it is not known any more what the store holds.
        stored = [[]]
        for snapshot in Set(lock.values).union(commits.flatMap(\.versions.values)) { store(trees[snapshot]!) }
    }

    /// Takes the last operation back and checks that all is as before it.
    func undo(lock before: Versions, head oldHead: Versions, disk disks: [RelativePath: FileTree]) throws {
        note("undo")
        _ = try workspace.undo()
        (lock, head) = (before, oldHead)
        for (artifact, tree) in disks { #expect(try disk(artifact) == tree, "\(artifact) after undo, \(history)") }
    }
}

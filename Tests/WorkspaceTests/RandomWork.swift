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

    private var lock: Versions = [:]
    private var head: Versions = [:]
    /// What each snapshot holds that any operation named.
    private var trees: [ObjectID: FileTree] = [:]
    private var commits: [(id: GitObjectID, versions: Versions)] = []
    private var branches: [String] = []
    /// The contents that the store holds for sure, and those that it may hold too.
    private var stored: Set<[UInt8]> = [[]]
    private var perhapsStored: Set<[UInt8]> = [[]]

    private static let names = [at("data/a"), at("b"), at("c.csv")]

    init(seed: UInt64) throws {
        test = try TestWorkspace(usesGit: true)
        workspace = test.workspace
        random = SplitMix(seed: seed)
    }

    // MARK: Chance

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private func pick<Values: Collection>(_ values: Values) -> Values.Element? { values.randomElement(using: &random) }

    private func artifact() -> RelativePath { pick(Set(Self.names).union(lock.keys).sorted())! }

    private func path() -> RelativePath {
        let depth = Int.random(in: 1...3, using: &random)
        return at((0..<depth).map { _ in ["x", "y", "z"][Int.random(in: 0..<3, using: &random)] }.joined(separator: "/"))
    }

    private func content() -> [UInt8] {
        chance(60) ? Array("text \(Int.random(in: 0..<6, using: &random))".utf8) : Array("text \(random.next())".utf8)
    }

    private func disk(_ artifact: RelativePath) throws -> FileTree { try test.tree(artifact) }

    private static func bytes(_ item: FileItem) -> [UInt8]? {
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

    private func edit() throws {
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

    private func note(_ text: String) { history.append(text) }

    /// Takes over what an operation put into the lock.
    private func learn(_ artifact: RelativePath, _ snapshot: ObjectID, holds tree: FileTree) {
        if let known = trees[snapshot] {
            #expect(known == tree, "a snapshot changed: \(history)")
        }
        trees[snapshot] = tree
        lock[artifact] = snapshot
        store(tree)
    }

    private func store(_ tree: FileTree) {
        for item in tree.items.values {
            if let bytes = Self.bytes(item) {
                stored.insert(bytes)
                perhapsStored.insert(bytes)
            }
        }
    }

    private func add() throws {
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

    private func addPart() throws {
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

    private func commit() throws {
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

    private func checkout() throws {
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
            for tree in disks.values { for item in tree.items.values { Self.bytes(item).map { _ = perhapsStored.insert($0) } } }
            let newPosition = try workspace.repository!.head()
            let isChanged = before.lock != lock || before.head != head || position != newPosition
            if isChanged || force, chance(30) {
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

    private func disksOfAll(_ versions: Versions) throws -> [RelativePath: FileTree] {
        let names = Set(versions.keys).union(lock.keys).union(Self.names)
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try disk($0)) })
    }

    private func expectUntouched(_ disks: [RelativePath: FileTree], _ position: GitHead) throws {
        for (artifact, tree) in disks { #expect(try disk(artifact) == tree, "\(history)") }
        #expect(try workspace.repository!.head() == position, "\(history)")
    }

    /// Checks working files after a checkout: the version's, but for changes that were kept.
    private func checkResult(
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

    private func branch() throws {
        guard !head.isEmpty || !commits.isEmpty, try workspace.repository!.head().commit != nil else { return }
        let name = "branch-\(branches.count)"
        note("checkout -b \(name)")
        try workspace.checkout(newBranch: name)
        branches.append(name)
    }

    private func merge() throws {
        guard let other = pick(commits), let ours = try workspace.repository!.head().commit else { return }
        note("merge \(other.id)")
        let disks = try disksOfAll(other.versions)
        let position = try workspace.repository!.head()
        let isDirty = try (lock != head) || lock.contains { artifact, snapshot in
            let tree = try disk(artifact)
            return !tree.isEmpty && tree != trees[snapshot]!
        }
        let base = try workspace.repository!.mergeBase(ours, other.id)
        let report: MergeReport
        do {
            report = try workspace.merge(other.id.description)
        } catch WorkspaceError.changedArtifacts {
            #expect(isDirty, "\(history)")
            return try expectUntouched(disks, position)
        } catch WorkspaceError.unstoredWork(let paths) {
            // What lies where an artifact is to come that is not tracked here.
            #expect(paths.allSatisfy { path in !lock.keys.contains { $0.contains(path) } }, "\(history)")
            return try expectUntouched(disks, position)
        } catch GitError.unrelatedHistories {
            #expect(base == nil)
            return
        }
        #expect(!isDirty, "\(history)")
        let before = lock
        for entry in try workspace.lock().entries where trees[entry.snapshot] == nil {
            trees[entry.snapshot] = try test.tree(of: entry.snapshot)
        }
        let baseVersions = commits.first { $0.id == base }?.versions ?? [:]
        switch report.outcome {
        case .alreadyUpToDate: #expect(base == other.id)
        case .fastForward(let commit):
            #expect(base == ours && commit == other.id)
            (lock, head) = (other.versions, other.versions)
        case .mergedArtifact: Issue.record("a commit was merged as an artifact")
        case .merged(let commit):
            lock = try versions()
            head = lock
            commits.append((commit, lock))
            try checkMerged(baseVersions, before, other.versions, isClean: true)
        case .conflicts:
            lock = try versions()
            try checkMerged(baseVersions, before, other.versions, isClean: false)
            if chance(50) {
                _ = try workspace.abortMerge()
                lock = before
                for (artifact, tree) in disks { #expect(try disk(artifact) == tree, "\(artifact) after abort, \(history)") }
                #expect(try workspace.repository!.head() == position)
                return
            }
            try resolve(report)
        }
    }

    private func versions() throws -> Versions {
        Versions(uniqueKeysWithValues: try workspace.lock().entries.map { ($0.path, $0.snapshot) })
    }

    private func resolve(_ report: MergeReport) throws {
        #expect(throws: (any Error).self) { try workspace.commit(message: "too early") }
        for conflict in report.conflicts {
            if lock[conflict.artifact] == nil { continue }
            let theirs = conflict.theirs.flatMap { trees[$0]?.items[conflict.path] }
            if let theirs { #expect(theirs == (try test.tree(of: conflict.theirs!)).items[conflict.path]) }
            try workspace.add([conflict.workspacePath])
        }
        for entry in try workspace.lock().entries where trees[entry.snapshot] == nil {
            trees[entry.snapshot] = try test.tree(of: entry.snapshot)
        }
        let done = try workspace.continueMerge()
        lock = try versions()
        for snapshot in lock.values where trees[snapshot] == nil { trees[snapshot] = try test.tree(of: snapshot) }
        head = lock
        commits.append((try #require(done.commit), lock))
    }

    private func checkMerged(_ base: Versions, _ ours: Versions, _ theirs: Versions, isClean: Bool) throws {
        var hasConflict = false
        for artifact in Set(base.keys).union(ours.keys).union(theirs.keys) {
            let (old, mine, other) = (base[artifact], ours[artifact], theirs[artifact])
            if mine == other || other == old {
                #expect(lock[artifact] == mine, "\(artifact), \(history)")
            } else if mine == old {
                #expect(lock[artifact] == other, "\(artifact), \(history)")
            } else if let mine, let other {
                let model = TreeMergeModel(
                    base: old.map { trees[$0]! } ?? FileTree(), ours: trees[mine]!, theirs: trees[other]!)
                hasConflict = hasConflict || model.hasConflict
                if !model.hasConflict {
                    #expect(trees[try #require(lock[artifact])] == model.merged, "\(artifact), \(history)")
                    #expect(try disk(artifact) == model.merged, "\(artifact), \(history)")
                }
            } else {
                hasConflict = true
            }
        }
        #expect(hasConflict == !isClean, "\(history)")
    }

    private func restore() throws {
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

    private func remove() throws {
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

    private func move() throws {
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
        if chance(50), isStored, tree == trees[id] { try undo(lock: before, head: head, disk: [from: tree, to: FileTree()]) }
    }

    private func collectGarbage() throws {
        note("gc")
        _ = try workspace.collectGarbage(grace: .seconds(0))
        // Content that nothing names is gone now, so that it is not known any more what the store holds.
        stored = [[]]
        for snapshot in Set(lock.values).union(commits.flatMap(\.versions.values)) { store(trees[snapshot]!) }
    }

    /// Takes the last operation back and checks that all is as before it.
    private func undo(lock before: Versions, head oldHead: Versions, disk disks: [RelativePath: FileTree]) throws {
        note("undo")
        _ = try workspace.undo()
        (lock, head) = (before, oldHead)
        for (artifact, tree) in disks { #expect(try disk(artifact) == tree, "\(artifact) after undo, \(history)") }
    }

    // MARK: What must hold after each step

    private func check() throws {
        #expect(try versions() == lock, "the lock, \(history)")
        let status = try workspace.status()
        let changed = Set(lock.keys).union(head.keys).filter { lock[$0] != head[$0] }
        #expect(Set(status.lockChanges.map(\.path)) == changed, "the lock against HEAD, \(history)")
        for artifact in status.artifacts {
            let tree = try disk(artifact.path)
            let version = trees[lock[artifact.path]!]!
            #expect(artifact.isMissing == tree.isEmpty, "\(artifact.path), \(history)")
            if tree.isEmpty { continue }
            #expect(Self.paths(artifact.changes.changes) == FileTree.differences(version, tree), "\(artifact.path), \(history)")
            #expect(artifact.isClean == (tree == version), "\(artifact.path), \(history)")
        }
        var differences: [RelativePath: Set<RelativePath>] = [:]
        for artifact in Set(lock.keys).union(head.keys) {
            let old = head[artifact].map { trees[$0]! } ?? FileTree()
            let found = FileTree.differences(old, lock[artifact] == nil ? FileTree() : try disk(artifact))
            if !found.isEmpty { differences[artifact] = found }
        }
        var told: [RelativePath: Set<RelativePath>] = [:]
        for artifact in try workspace.diff() {
            let paths = Self.paths(artifact.changes)
            if !paths.isEmpty { told[artifact.artifact] = paths }
        }
        #expect(told == differences, "the working files against HEAD, \(history)")
    }

    private static func paths(_ changes: [Change]) -> Set<RelativePath> {
        var paths: Set<RelativePath> = []
        for change in changes {
            if change.old?.isDirectory == true || change.new?.isDirectory == true { continue }
            paths.insert(change.path)
            if case .renamed(let from) = change.kind { paths.insert(from) }
        }
        return paths
    }

    /// Checks at the end that everything ever committed is there, in the store and on disk.
    func checkAllCommits() throws {
        for snapshot in Set(commits.flatMap(\.versions.values)) {
            #expect(try test.tree(of: snapshot) == trees[snapshot], "\(snapshot), \(history)")
        }
        for commit in commits.suffix(2) {
            try workspace.checkout(commit.id.description, force: true)
            for (artifact, snapshot) in commit.versions { #expect(try disk(artifact) == trees[snapshot], "\(history)") }
        }
        #expect(try workspace.verify(readsData: true).problems.isEmpty, "\(history)")
        #expect(try test.leftovers().isEmpty, "\(history)")
    }
}

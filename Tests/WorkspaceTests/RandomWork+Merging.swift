import FileSystem
import Git
import ObjectStore
import SystemPackage
import Testing
import Workspace

extension RandomWork {
    func merge() throws {
        guard let other = pick(commits), let ours = try workspace.repository!.head().commit else { return }
        note("merge \(other.id)")
        let disks = try disksOfAll(other.versions)
        let position = try workspace.repository!.head()
        let isDirty =
            try (lock != head)
            || lock.contains { artifact, snapshot in
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
                for (artifact, tree) in disks {
                    #expect(try disk(artifact) == tree, "\(artifact) after abort, \(history)")
                }
                #expect(try workspace.repository!.head() == position)
                return
            }
            try resolve(report)
        }
    }

    func versions() throws -> Versions {
        Versions(uniqueKeysWithValues: try workspace.lock().entries.map { ($0.path, $0.snapshot) })
    }

    func resolve(_ report: MergeReport) throws {
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

    func checkMerged(_ base: Versions, _ ours: Versions, _ theirs: Versions, isClean: Bool) throws {
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
}

import FileSystem
import ObjectStore
import Testing
import Workspace

// What must hold after each step, and at the end.
extension RandomWork {
    func check() throws {
        #expect(try versions() == lock, "the lock, \(history)")
        let status = try workspace.status()
        let changed = Set(lock.keys).union(head.keys).filter { lock[$0] != head[$0] }
        #expect(Set(status.lockChanges.map(\.path)) == changed, "the lock against HEAD, \(history)")
        for artifact in status.artifacts {
            let tree = try disk(artifact.path)
            let version = trees[lock[artifact.path]!]!
            #expect(artifact.isMissing == tree.isEmpty, "\(artifact.path), \(history)")
            if tree.isEmpty { continue }
            #expect(
                Self.paths(artifact.changes.changes) == FileTree.differences(version, tree),
                "\(artifact.path), \(history)")
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

    static func paths(_ changes: [Change]) -> Set<RelativePath> {
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

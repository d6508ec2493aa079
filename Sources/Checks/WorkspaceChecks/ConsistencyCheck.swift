import FileSystem
import ObjectStore
import Workspace

// The check that working files are what the lock says.

extension Check {
    static let lockConsistent = Check(
        id: "lock-consistent", title: "The working files are what vintage.lock says", severity: .error,
        scopes: [.workspace, .commit],
        explanation: """
            Compares each artifact's working files with the snapshot that vintage.lock names: files changed, added or \
            removed since, and artifacts that are not there at all. Where they differ, the code was not run on the data \
            that the commit names. Run 'vintage add ARTIFACT' to store what changed, 'vintage restore ARTIFACT' to drop \
            it, or 'vintage checkout' to bring missing files back. In the pre-commit hook, artifacts that are missing are \
            passed over, so that a clone without the data can commit code; 'vintage config hooks.pre-commit false' \
            switches the hook off.
            """
    ) { context in
        if try context.requireLock().entries.isEmpty { throw NotApplicable("vintage.lock names no artifact") }
        return try context.status().artifacts.compactMap { finding($0, context) }
    }

    private static func finding(_ artifact: ArtifactStatus, _ context: CheckContext) -> Finding? {
        let path = artifact.path
        if artifact.isMissing {
            if context.scope == .commit { return nil }
            return Finding(
                "\(path) is missing from the working files; run 'vintage checkout -- \(path)' to bring it back, or "
                    + "'vintage rm \(path)' to let it go",
                artifact: path)
        }
        if artifact.isStoreIncomplete {
            return Finding(
                "\(path) cannot be compared with vintage.lock, since the store lacks its snapshot",
                severity: context.running.contains("objects-present") ? .note : .error, artifact: path)
        }
        if artifact.isClean { return nil }
        let changes = artifact.changes.changes
        let isOne = changes.count == 1
        let what =
            if isOne, changes[0].path.isRoot {
                "\(path) was changed and not added"
            } else if isOne {
                "\(path.appending(changes[0].path)) was \(word(changes[0].kind)) and not added"
            } else {
                "\(path) was changed and not added: \(summary(artifact.changes))"
            }
        return Finding(
            "\(what); run 'vintage add \(path)' to store it, or 'vintage restore \(path)' to drop it", artifact: path,
            file: isOne ? path.appending(changes[0].path) : nil)
    }

    private static func word(_ kind: Change.Kind) -> String {
        switch kind {
        case .added: "created"
        case .removed: "removed"
        case .modified: "changed"
        case .renamed(let from): "renamed from \(from)"
        }
    }

    private static func summary(_ changes: ArtifactChanges) -> String {
        let counts = changes.counts
        let parts = [
            (counts.added, "created"), (counts.modified, "changed"), (counts.renamed, "renamed"),
            (counts.removed, "removed"),
        ]
        let total = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        let names = changes.changes.prefix(3).map(\.path.description).joined(separator: ", ")
        return "\(total) files (\(names)\(changes.changes.count > 3 ? ", …" : ""))"
    }
}

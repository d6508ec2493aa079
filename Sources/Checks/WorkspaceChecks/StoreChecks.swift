import FileSystem
import ObjectStore
import Workspace

// Checks of the store: that it is sound, and that it has what the locks name.

extension Check {
    static let objectsPresent = Check(
        id: "objects-present", title: "The store has all that vintage.lock names", severity: .error,
        scopes: [.workspace, .commit],
        explanation: """
            Follows every snapshot that vintage.lock names (in the working tree, as staged, and in HEAD) to the last \
            chunk, and looks whether the store holds it. What is missing cannot be brought back, and a clone would get a \
            commit without its data. Pull it from where it was stored, or run 'vintage add ARTIFACT' where the working \
            files still have it. The pre-commit hook looks only at what the commit changes.
            """
    ) { context in
        let roots = try rootsToCheck(context)
        if roots.isEmpty { return [] }
        let leavesDamage = context.running.contains("fsck")
        return try context.workspace.store.missingObjects(of: roots).compactMap { problem in
            if leavesDamage, holds(problem, context) { return nil }
            return Self.finding(problem, context)
        }
    }

    static let storeSound = Check(
        id: "fsck", title: "The store is sound", severity: .error, scopes: [.workspace],
        explanation: """
            Checks the store's description, indexes, packs and tags, as 'vintage fsck' does; with --data it also reads \
            and hashes every byte. A damaged store may fail to bring data back. 'vintage fsck' names the artifacts and \
            files that each damaged object touches, 'vintage fsck --repair' makes indexes again, and adding the files \
            again stores them again.
            """
    ) { context in
        var roots: Set<Store.Root> = []
        for place in context.lockPlaces { roots.formUnion(try context.readableLock(place).map(Self.roots) ?? []) }
        let report = try context.workspace.store.verify(
            roots: roots.sorted { ($0.name, $0.snapshot) < ($1.name, $1.snapshot) }, readsData: context.readsData,
            meter: context.meter)
        let leavesMissing = context.running.contains("objects-present")
        return report.problems.compactMap { problem in
            if leavesMissing, case .object = problem, !holds(problem, context) { return nil }
            return Self.finding(problem, context)
        }
    }

    /// Whether the store holds the object of a problem, so that damage is what is wrong with it.
    private static func holds(_ problem: VerificationReport.Problem, _ context: CheckContext) -> Bool {
        guard case .object(let id, let kind, _, _) = problem else { return false }
        return context.workspace.store.contains(id, kind: kind)
    }

    private static func roots(_ lock: Lock) -> [Store.Root] {
        lock.entries.map { Store.Root(name: $0.path.description, snapshot: $0.snapshot) }
    }

    /// The snapshots that the scope is about.
    private static func rootsToCheck(_ context: CheckContext) throws -> [Store.Root] {
        guard context.scope == .commit else {
            var roots: Set<Store.Root> = []
            for place in context.lockPlaces { roots.formUnion(try context.readableLock(place).map(Self.roots) ?? []) }
            return roots.sorted { ($0.name, $0.snapshot) < ($1.name, $1.snapshot) }
        }
        guard let staged = try context.readableLock(.index) else { return [] }
        // What a parent of the commit names already is no news: a clone need not have its data to commit code.
        var known = try context.readableLock(.head).map(Self.roots) ?? []
        if let repository = context.workspace.repository, let other = try repository.mergeHead(),
            let text = try repository.contents(of: CheckContext.lockFile, at: other),
            let lock = try? Lock(parsing: text)
        {
            known += Self.roots(lock)
        }
        let passed = Set(known)
        return Self.roots(staged).filter { !passed.contains($0) }
    }

    private static func finding(_ problem: VerificationReport.Problem, _ context: CheckContext) -> Finding {
        // A report is read elsewhere: files of the store are named from the workspace's root.
        var message = "\(problem)"
        let root = displayed(context.workspace.root) + "/"
        if message.hasPrefix(root) { message = String(message.dropFirst(root.count)) }
        guard case .object(_, _, _, let touched) = problem, let first = touched.items.first,
            let bytes = unquoted(Array(first.artifact.utf8)), let artifact = try? RelativePath(bytes: bytes),
            // A tag may lead there too, and is no artifact.
            context.lockPlaces.contains(where: { (try? context.readableLock($0))??[artifact] != nil })
        else { return Finding(message) }
        return Finding(message, artifact: artifact, file: touched.count == 1 ? artifact.appending(first.path) : nil)
    }
}

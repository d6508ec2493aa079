import FileSystem
import ObjectStore

/// Decides, path by path, whether working files give way to a version that is checked out.
///
/// A file gives way if its content is stored. One that is not is kept where the version holds there what the user
/// started from, and is in conflict otherwise: it would be lost.
struct Reconciliation {
    let source: any TreeSource
    let store: Store

    /// What was decided.
    struct Outcome {
        /// Paths where the working files stay as they are, with what they hold.
        var kept: [TreeEditor.Edit] = []
        /// Paths whose content is stored nowhere and would be lost.
        var unstored: [RelativePath] = []
    }

    /// Compares working files with a version.
    ///
    /// - Parameters:
    ///   - base: what the user's changes started from; `nil` if that is unknown.
    ///   - working: what the working files hold.
    ///   - target: the version.
    func reconcile(base: Node?, working: Node?, target: Node?) throws(StoreError) -> Outcome {
        var outcome = Outcome()
        try reconcile(.root, base, hasBase: base != nil, working, target, &outcome)
        return outcome
    }

    private func reconcile(
        _ path: RelativePath, _ base: Node?, hasBase: Bool, _ working: Node?, _ target: Node?,
        _ outcome: inout Outcome
    ) throws(StoreError) {
        guard let working, working != target else { return }
        if case .directory(let tree) = working {
            if hasBase, base == working { return }
            var other: TreeReference?
            if case .directory(let tree) = target { other = tree }
            var baseTree: TreeReference?
            if case .directory(let tree) = base { baseTree = tree }
            let keptBefore = outcome.kept.count
            try source.forEachDifference(tree, other) { (name, working, target) throws(StoreError) in
                let base = try baseTree.flatMap { (tree) throws(StoreError) in try source.entry(name, in: tree) }
                try reconcile(path.appending(component: name), base, hasBase: hasBase, working, target, &outcome)
            }
            // Where the version has a file, the folder cannot stay for the sake of what is in it.
            if target != nil, other == nil {
                for (path, node) in outcome.kept[keptBefore...] {
                    if let node, try !isStored(node) { outcome.unstored.append(path) }
                }
                outcome.kept.removeSubrange(keptBefore...)
            }
            return
        }
        if hasBase, base == target {
            if base == working { return }
            outcome.kept.append((path, working))
        } else if try isStored(working) {
            return
        } else if target == nil, !hasBase {
            outcome.kept.append((path, working))
        } else {
            outcome.unstored.append(path)
        }
    }

    private func isStored(_ node: Node) throws(StoreError) -> Bool {
        switch node {
        case .file(let file, _), .link(let file): file.size == 0 || store.contains(file.id, kind: file.kind)
        case .directory: false
        }
    }
}

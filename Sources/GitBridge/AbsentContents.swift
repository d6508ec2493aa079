import ObjectStore
import Remotes
import Workspace

/// Contents that the store lacks, brought from the default remote all at once while git has others to ask for.
///
/// Git says of each content whether it may come later. It may in a checkout, which is what people wait for; where git
/// only looks at an old version, as in `git log -p`, nothing is brought.
final class AbsentContents {
    private let workspace: Workspace
    private var waiting: [(path: [UInt8], pointer: Pointer)] = []
    /// Those of which git was told that it can ask for them again.
    private var told: [[UInt8]: Pointer] = [:]
    /// Why the remote gave nothing; it is not asked twice.
    private(set) var failure: String?

    /// Prepares to ask the default remote; `nil` if there is none, or if the settings say that git's checkout is not to
    /// bring data along.
    init?(_ workspace: Workspace) {
        guard !workspace.remotes.isEmpty, workspace.configuration.isHookOn(Hook.postCheckout.name) else { return nil }
        self.workspace = workspace
    }

    /// Takes a content to be brought; `false` if the remote has turned out to be away.
    func accept(_ path: [UInt8], _ pointer: Pointer) -> Bool {
        if failure != nil { return false }
        waiting.append((path, pointer))
        return true
    }

    /// Brings what is waiting.
    ///
    /// - Returns: the paths that git can ask for now, whether or not their content has come.
    func bring() -> [[UInt8]] {
        if waiting.isEmpty { return [] }
        do {
            _ = try workspace.fetch(.contents(waiting.map(\.pointer.content)))
            try workspace.store.refresh()
        } catch {
            failure = oneLine(error)
        }
        let paths = waiting.map(\.path)
        for (path, pointer) in waiting { told[path] = pointer }
        waiting = []
        return paths
    }

    /// The pointer of a path that git asks for again; `nil` for any other path.
    func take(_ path: [UInt8]) -> Pointer? { told.removeValue(forKey: path) }
}

import FileSystem
import Git
import ObjectStore
import SystemPackage
import Workspace

/// What stands between git and a workspace, so that plain git commands move data along with code.
///
///     let bridge = try GitBridge(workspace)
///     try bridge.configureRepository()
///     try bridge.track(["*.parquet"])
///
/// From then on `git add`, `checkout`, `stash` and the like keep tracked files in the store, and `git merge` merges data.
public struct GitBridge {
    /// The workspace.
    public let workspace: Workspace
    let repository: Repository

    /// Takes a workspace with git.
    ///
    /// - Throws: ``Workspace/WorkspaceError/needsGit(_:)``.
    public init(_ workspace: Workspace) throws {
        guard let repository = workspace.repository else { throw WorkspaceError.needsGit("tracking files in git") }
        self.workspace = workspace
        self.repository = repository
    }

    /// The workspace whose root is the root of the git working tree that a folder lies in; `nil` if there is none.
    ///
    /// A submodule does not take the workspace around it for its own: the clean-up there would not know its commits.
    public static func workspace(
        from directory: FilePath, environment: [String: String]
    ) throws -> Workspace? {
        do {
            let workspace = try Workspace.open(from: directory, environment: environment)
            guard let root = try Repository.discover(from: directory)?.workingDirectory else { return nil }
            return root == workspace.root ? workspace : nil
        } catch WorkspaceError.notAWorkspace, WorkspaceError.bareRepository {
            return nil
        } catch StoreError.noStore {
            return nil
        }
    }
}

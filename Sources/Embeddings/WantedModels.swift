import Features
import FileSystem
import ObjectStore
import Synchronization
import SystemPackage

import struct Workspace.Lock
import class Workspace.Workspace

/// The versions of models whose vectors the views of a workspace want, by its lock as it is whenever they are asked for.
///
///     let models = try WantedModels(of: workspace, definitions)
///     models.byView()["meaning"]
///
/// Any thread may ask; while the lock stays the same that costs a look at its file.
public final class WantedModels: Sendable {
    private struct State {
        /// The file of the lock when it was read.
        var status: FileStatus?
        var models: [String: ObjectID]
    }

    private let root: FilePath
    private let definitions: Definitions
    private let state: Mutex<State>

    private static func lock(_ root: FilePath) -> FilePath { root.appending(Lock.fileName) }

    /// Reads the lock of a workspace.
    ///
    /// - Throws: what keeps the lock, tags or snapshots from being read.
    public init(of workspace: Workspace, _ definitions: Definitions) throws {
        (root, self.definitions) = (workspace.root, definitions)
        // Looked at before it is read: what changes in between is read again.
        let status = try? Self.lock(workspace.root).status()
        state = Mutex(State(status: status, models: try Self.models(workspace, definitions)))
    }

    /// The snapshot of the model that each view with an embedding wants, by the view's name; none for a model that is not there.
    ///
    /// While the lock cannot be read, as in the middle of a merge, they are those of the last one that could.
    public func byView() -> [String: ObjectID] {
        let status = try? Self.lock(root).status()
        return state.withLock { state in
            guard state.status != status else { return state.models }
            if let workspace = try? Workspace.open(from: root), let models = try? Self.models(workspace, definitions) {
                state = State(status: status, models: models)
            }
            return state.models
        }
    }

    private static func models(_ workspace: Workspace, _ definitions: Definitions) throws -> [String: ObjectID] {
        let lock = try workspace.lock()
        var models: [String: ObjectID] = [:]
        for view in definitions.views {
            do {
                models[view.name] = try view.embedding?.wantedModel(in: workspace, lock)
            } catch EmbeddingError.noModel {
                continue
            }
        }
        return models
    }
}

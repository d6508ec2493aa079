import FileSystem
import Learning
import ObjectStore
import SystemPackage
import Tables
import Workspace

extension Session {
    /// What an argument names: a file or a folder of a revision; without a revision of the lock, or the working files
    /// where the lock names nothing.
    func dataPlace(_ argument: RawArgument) throws -> DataPlace {
        if (try? path(argument)) == nil {
            let file = console.filePath(argument)
            // A file from elsewhere may be read too.
            if try file.status() != nil { return try DataPlace(file: file, name: argument.text) }
        }
        let versioned = try VersionedPath(argument, in: self)
        return try DataPlace(versioned.revision, versioned.path, in: workspace)
    }

    /// Rows to use a model with: a working file as it is, else what the lock or a revision names.
    func rowsPlace(_ argument: RawArgument) throws -> DataPlace {
        let file = console.filePath(argument)
        if try file.status()?.kind == .regular { return try DataPlace(file: file, name: argument.text) }
        return try dataPlace(argument)
    }

    /// The rows of a table.
    func rows(_ argument: RawArgument, _ options: TableOptions) throws -> TableReader {
        try rowsPlace(argument).table(options)
    }

    /// Refuses to write an artifact's folder over what is nowhere else, or into another artifact.
    ///
    /// - Parameter check: refuses a folder that holds what the command does not write.
    func refuseUnsafe(_ path: RelativePath, _ check: (FilePath) throws -> Void) throws {
        let folder = workspace.root.appending(path)
        if let outer = try workspace.lock().artifact(containing: path), outer != path {
            throw LearningError.misuse("\(path) lies in the artifact \(outer); name another with -o")
        }
        try check(folder)
        guard try folder.status() != nil, try !Directory(folder).listing().isEmpty else { return }
        guard try workspace.lock()[path] != nil else {
            throw LearningError.misuse(
                "\(path) is there, and stored nowhere; store it with 'vintage add \(path)', or take it away")
        }
        let status = try workspace.status([path]).artifacts.first { $0.path == path }
        if status?.isClean ?? false { return }
        throw LearningError.misuse(
            "\(path) has changes that are not stored; store them with 'vintage add \(path)', or take them away")
    }
}

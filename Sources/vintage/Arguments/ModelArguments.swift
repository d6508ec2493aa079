import FileSystem
import Learning
import ObjectStore
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
}

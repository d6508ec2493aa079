import FileSystem
import Git
import SystemPackage

import class Workspace.Workspace
import enum Workspace.WorkspaceError

extension Definitions {
    /// Reads the definitions of a workspace.
    ///
    /// - Parameter revision: the git revision whose definitions are read; `nil` for the files as they are now.
    /// - Throws: ``InvalidDefinitions``, and what keeps files from being read.
    public init(of workspace: Workspace, at revision: String? = nil) throws {
        try self.init(files: Self.files(of: workspace, at: revision))
    }

    /// The files of definitions of a workspace, by path, without looking at what they say.
    public static func files(
        of workspace: Workspace, at revision: String? = nil
    ) throws -> [(path: RelativePath, bytes: [UInt8])] {
        if let revision {
            guard let repository = workspace.repository else { throw DefinitionReadingError.noRepository(revision) }
            let commit = try repository.resolve(revision)
            return try repository.files(below: folder, at: commit).filter { isDefinitionFile($0.path) }
                .map { ($0.path, try repository.contents(of: $0.id)) }
        }
        let artifacts = Set(try workspace.lock().entries.map(\.path))
        var files: [(path: RelativePath, bytes: [UInt8])] = []
        let place = workspace.root.appending(folderName)
        guard !artifacts.contains(folder), try place.status()?.kind == .directory else { return [] }
        try append(try Directory(place), folder, artifacts, &files)
        return files
    }

    private static let folder = RelativePath(unchecked: Array(folderName.utf8))

    /// Adds the files of a folder; links are not followed, and artifacts hold data.
    private static func append(
        _ directory: borrowing Directory, _ path: RelativePath, _ artifacts: Set<RelativePath>,
        _ files: inout [(path: RelativePath, bytes: [UInt8])]
    ) throws {
        for name in try directory.listing() where name.first != UInt8(ascii: ".") {
            let place = path.appending(component: name)
            if artifacts.contains(place) { continue }
            switch try directory.status(name)?.kind {
            case .directory: try append(try directory.directory(name), place, artifacts, &files)
            case .regular where isDefinitionFile(place):
                files.append((place, try directory.path.appending(bytes: name).contents()))
            default: break
            }
        }
    }

    /// Whether a path is that of a file of definitions: in their folder, ending as one, and no part begins with a dot.
    static func isDefinitionFile(_ path: RelativePath) -> Bool {
        guard folder.contains(path), path != folder else { return false }
        let ends = [".yaml", ".yml"].contains { path.bytes.suffix($0.utf8.count).elementsEqual($0.utf8) }
        return ends && path.components.allSatisfy { $0.first != UInt8(ascii: ".") }
    }
}

/// Why definitions cannot be read.
public enum DefinitionReadingError: Error, Equatable, CustomStringConvertible {
    /// A revision was named in a workspace without git.
    case noRepository(String)

    /// One line for people.
    public var description: String {
        switch self {
        case .noRepository(let revision):
            "the workspace has no git, so there are no definitions of '\(revision)'; leave the revision out"
        }
    }
}

import FileSystem
import Git
import SystemPackage
import Workspace

/// Why something could not be taken over from DVC, or handed to it.
public enum DVCError: ErrorWithExitStatus, Equatable {
    /// HEAD has no `.dvc` file and no `dvc.lock` that names data.
    case nothingToImport
    /// No data that DVC keeps is at the path.
    case notKept(RelativePath, known: [RelativePath])
    /// A file of DVC's cannot be read.
    case unreadable(RelativePath, commit: GitObjectID?, reason: String)
    /// The cache lacks objects: each by its name, the data it belongs to and the commit that needs it.
    case missing([MissingObject], searched: [FilePath])
    /// An object of the cache is not what its name says.
    case damaged(FilePath, expected: String, found: String)
    /// An object of the cache lists a folder in a way that no DVC does.
    case malformedListing(FilePath, reason: String)
    /// The data is kept in a way that cannot be read without the place it is from.
    case unsupported(RelativePath, in: RelativePath, reason: String)
    /// The artifact holds something that DVC cannot keep.
    case cannotExport(RelativePath, reason: String)
    /// A file that git does not have would be overwritten.
    case wouldOverwrite(RelativePath)
    /// A stage of a pipeline makes the artifact, so that DVC takes no `.dvc` file for it.
    case madeByStage(RelativePath, lock: RelativePath)

    /// An object that the cache lacks.
    public struct MissingObject: Hashable, Sendable {
        /// Its MD5, as DVC names it.
        public let hash: String
        /// The data that needs it.
        public let path: RelativePath
        /// The commit whose version it is of.
        public let commit: GitObjectID
    }

    /// The status that a command should end with after the error.
    public var exitStatus: ExitStatus {
        switch self {
        case .nothingToImport, .notKept, .unsupported, .cannotExport, .wouldOverwrite, .madeByStage: .misused
        case .unreadable, .missing, .damaged, .malformedListing: .found
        }
    }
}

extension DVCError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .nothingToImport:
            "HEAD has no .dvc file and no dvc.lock that names data; commit them first, or check out a commit that has them"
        case .notKept(let path, let known):
            "DVC keeps no data at \(path) in HEAD; it keeps "
                + known.prefix(5).map(\.description).joined(separator: ", ")
                + (known.count > 5 ? " and \(known.count - 5) more" : "")
        case .unreadable(let path, let commit?, let reason):
            "\(path) of commit \(commit.short) cannot be read: \(reason); if a later commit mended it, "
                + "--skip-missing leaves it out"
        case .unreadable(let path, nil, let reason): "\(path) cannot be read: \(reason)"
        case .missing(let objects, let searched):
            "the DVC cache lacks \(objects[0].hash), which \(objects[0].path) of commit \(objects[0].commit.short) needs"
                + (objects.count > 1 ? ", and \(objects.count - 1) more" : "") + " (searched: "
                + searched.map { displayed($0) }.joined(separator: ", ")
                + "); run 'dvc fetch --all-commits', name a folder that has it with --cache, or leave such versions out "
                + "with --skip-missing"
        case .damaged(let path, let expected, let found):
            "the DVC cache is damaged: \(displayed(path)) should have the MD5 \(expected) and has \(found); remove it and "
                + "run 'dvc fetch --all-commits'"
        case .malformedListing(let path, let reason): "\(displayed(path)) is no listing of a folder: \(reason)"
        case .unsupported(let path, let file, let reason): "\(path), which \(file) names, cannot be imported: \(reason)"
        case .cannotExport(let path, let reason): "\(path) cannot be exported: \(reason)"
        case .wouldOverwrite(let path):
            "\(path) is there with other content that git does not have; commit it, or give --force to replace it"
        case .madeByStage(let path, let lock):
            "\(path) is made by a stage that \(lock) records, so that DVC takes no .dvc file for it; remove the stage from "
                + "dvc.yaml and dvc.lock first"
        }
    }
}

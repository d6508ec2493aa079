import FileSystem
import Git
import ObjectStore

/// An error of a higher room, which says itself what a command should end with.
public protocol ErrorWithExitStatus: Error {
    /// What a command should end with.
    var exitStatus: ExitStatus { get }
}

/// The status that a command should end with after an error.
///
/// Wrong use is told from damage, and damage from an environment that fails.
public func exitStatus(of error: any Error) -> ExitStatus {
    switch error {
    case let error as StoreError:
        switch error {
        case .missing, .damaged, .damagedFile, .malformed, .unreadableFormat: .found
        case .noStore, .storeExists, .unsupportedFile, .invalidTag, .tagExists: .misused
        case .file, .unstableFile, .compression, .busy, .refusedCleanUp: .failed
        }
    case let error as WorkspaceError:
        switch error {
        case .damagedFile: .found
        default: .misused
        }
    case let error as GitError:
        switch error {
        case .locked, .failed: .failed
        case .hookRefused: .found
        default: .misused
        }
    case is FileError: .failed
    case is LockError, is ConfigurationError, is RevisionError, is TimestampError, is InvalidPath, is ArtifactPathError:
        .misused
    case let error as any ErrorWithExitStatus: error.exitStatus
    default: .failed
    }
}

/// An error in one line for people.
public func oneLine(_ error: any Error) -> String {
    "\(error)".split(separator: "\n").joined(separator: " ")
}

import FileSystem
import ObjectStore
import SystemPackage
import Workspace

/// Why a file that git-lfs names could not be moved.
public enum LargeFileError: ErrorWithExitStatus, Equatable {
    /// What git-lfs sends does not follow its protocol.
    case protocolBroken(String)
    /// The name is no SHA-256 in hexadecimal.
    case invalidName(String)
    /// The bytes are not those of the name: a file was changed or cut off.
    case wrongContent(String, expected: ObjectID, found: ObjectID)
    /// The file has another size than git-lfs says.
    case wrongSize(ObjectID, expected: UInt64, found: UInt64)
    /// The store has no file of that name.
    case missing(ObjectID, store: FilePath)
    /// The folder that is to keep the files is in no workspace.
    case noStore(FilePath)
    /// The files are in no git repository.
    case noRepository(FilePath)

    /// The status that a command should end with after the error.
    public var exitStatus: ExitStatus {
        switch self {
        case .protocolBroken, .noStore, .noRepository: .misused
        case .invalidName, .wrongContent, .wrongSize, .missing: .found
        }
    }
}

extension LargeFileError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .protocolBroken(let reason):
            "this speaks git-lfs's protocol on standard input, and \(reason); git-lfs starts it by itself, see "
                + "'vintage lfs-agent --help'"
        case .invalidName(let name): "'\(name)' is no name of a git-lfs object: 64 hexadecimal digits are"
        case .wrongContent(let place, let expected, let found):
            "\(place) does not hold the object \(expected.short): its bytes have the SHA-256 \(found.short); run "
                + "'git lfs fsck' to see what is damaged"
        case .wrongSize(let name, let expected, let found):
            "the object \(name.short) has \(found) bytes and not the \(expected) that its pointer says"
        case .missing(let name, let store):
            "the store at \(displayed(store)) has no object \(name); run 'git lfs push --all REMOTE' in a clone that has it"
        case .noStore(let folder):
            "\(displayed(folder)) is in no workspace, so that there is no store for git-lfs; run 'vintage init' here, or "
                + "name a workspace's folder with --store (see 'vintage lfs-agent --help')"
        case .noRepository(let folder): "\(displayed(folder)) is in no git repository"
        }
    }
}

import FileSystem
import Git
import ObjectStore
import SystemPackage

/// One change of the lock or the working files, with what is needed to take it back.
public struct Operation: Sendable {
    /// What happened to git's HEAD.
    enum HeadMove: UInt8, Sendable {
        /// Nothing.
        case none = 0
        /// It moved, and the code's files stayed: a commit.
        case commit = 1
        /// It moved, and the code's files with it: a checkout or a merge.
        case files = 2
    }

    /// What an artifact's working files held before.
    struct FileState: Equatable, Sendable {
        let artifact: RelativePath
        /// A snapshot of the content; `nil` if there were no files.
        let before: ObjectID?
    }

    /// Where HEAD stood: a branch, a commit, or both.
    struct Position: Equatable, Sendable {
        var branch: String
        var commit: String

        init(_ head: GitHead?) {
            switch head {
            case nil: (branch, commit) = ("", "")
            case .unborn(let name): (branch, commit) = (name, "")
            case .branch(let name, let id): (branch, commit) = (name, id.description)
            case .detached(let id): (branch, commit) = ("", id.description)
            }
        }

        init(branch: String, commit: String) { (self.branch, self.commit) = (branch, commit) }
    }

    /// Its number, counted from 1.
    public internal(set) var number: Int
    /// When it was done.
    public let time: Timestamp
    /// The command that did it.
    public let command: String
    /// Whether it has been undone.
    public internal(set) var isUndone = false
    let headMove: HeadMove
    let before: Position
    let after: Position
    let lockBefore: [UInt8]
    let lockAfter: [UInt8]
    let files: [FileState]

    private static let magic: StaticString = "vintage operation 1\n"

    func encoded() -> [UInt8] {
        var encoder = Encoder()
        encoder.append(fixed: Self.magic)
        encoder.append(signed: time.seconds)
        encoder.append(signed: Int64(time.offsetMinutes))
        encoder.append(counted: Array(command.utf8))
        encoder.append(isUndone ? 1 : 0)
        encoder.append(headMove.rawValue)
        for position in [before, after] {
            encoder.append(counted: Array(position.branch.utf8))
            encoder.append(counted: Array(position.commit.utf8))
        }
        encoder.append(counted: lockBefore)
        encoder.append(counted: lockAfter)
        encoder.append(number: UInt64(files.count))
        for state in files {
            encoder.append(counted: state.artifact.bytes)
            encoder.append(state.before == nil ? 0 : 1)
            if let before = state.before { encoder.append(before) }
        }
        return encoder.bytes + ObjectID(of: encoder.bytes).bytes
    }

    init(
        number: Int, time: Timestamp, command: String, headMove: HeadMove, before: Position, after: Position,
        lockBefore: [UInt8], lockAfter: [UInt8], files: [FileState]
    ) {
        self.number = number
        self.time = time
        self.command = command
        self.headMove = headMove
        self.before = before
        self.after = after
        self.lockBefore = lockBefore
        self.lockAfter = lockAfter
        self.files = files
    }

    init(number: Int, decoding bytes: [UInt8]) throws(DecodingFailure) {
        let body = Array(bytes.dropLast(ObjectID.byteCount))
        guard bytes.count > ObjectID.byteCount,
            ObjectID(of: body).bytes.elementsEqual(bytes.suffix(ObjectID.byteCount))
        else { throw DecodingFailure("its checksum does not match") }
        var decoder = Decoder(body)
        try decoder.expect(Self.magic)
        self.number = number
        let seconds = try decoder.signed()
        time = Timestamp(seconds: seconds, offsetMinutes: Int(truncatingIfNeeded: try decoder.signed()))
        command = try decoder.text()
        isUndone = try decoder.byte() != 0
        guard let move = HeadMove(rawValue: try decoder.byte()) else { throw DecodingFailure("its kind is unknown") }
        headMove = move
        before = Position(branch: try decoder.text(), commit: try decoder.text())
        after = Position(branch: try decoder.text(), commit: try decoder.text())
        lockBefore = try decoder.counted()
        lockAfter = try decoder.counted()
        var files: [FileState] = []
        for _ in 0..<(try decoder.count()) {
            let path = try decoder.counted()
            guard let artifact = try? RelativePath(bytes: path) else {
                throw DecodingFailure("a path in it is not valid")
            }
            let before = try decoder.byte() == 0 ? nil : try decoder.id()
            files.append(FileState(artifact: artifact, before: before))
        }
        self.files = files
        try decoder.end()
    }
}

/// The operations of a workspace, one file each.
struct OperationLog {
    let folder: FilePath

    private func path(_ number: Int) -> FilePath {
        let digits = String(number)
        return folder.appending(String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".operation")
    }

    /// The numbers of the operations, oldest first.
    func numbers() throws -> [Int] {
        guard folder.exists else { return [] }
        return try Directory(folder).listing().compactMap { name in
            let text = String(decoding: name, as: UTF8.self)
            return text.hasSuffix(".operation") ? Int(text.dropLast(10)) : nil
        }.sorted()
    }

    /// Reads an operation.
    func operation(_ number: Int) throws -> Operation {
        let path = path(number)
        do {
            return try Operation(number: number, decoding: try path.contents())
        } catch let failure as DecodingFailure {
            throw WorkspaceError.damagedFile(displayed(path), reason: failure.reason)
        }
    }

    /// Adds an operation with the next number.
    ///
    /// - Returns: the number.
    @discardableResult
    func append(_ operation: Operation) throws -> Int {
        try folder.makeDirectories()
        let number = try (numbers().last ?? 0) + 1
        try path(number).replaceContents(with: operation.encoded())
        return number
    }

    /// Takes an operation out again that did nothing.
    func remove(_ number: Int) throws { try path(number).remove() }

    /// Writes an operation again, after it was undone.
    func update(_ operation: Operation) throws {
        try path(operation.number).replaceContents(with: operation.encoded())
    }

    /// Forgets the operations before a moment, except the last 20.
    func forget(before seconds: Int64) throws {
        for number in try numbers().dropLast(20) {
            guard try operation(number).time.seconds < seconds else { return }
            try path(number).remove()
        }
    }
}

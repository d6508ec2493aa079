import FileSystem
import ObjectStore
import SystemPackage
import Workspace

/// The filter that git runs for tracked files: one process for many files, as git's long-running filters are.
///
/// On the way into git a file's content goes to the store and a pointer takes its place (*clean*); on the way out the
/// content takes the pointer's place (*smudge*). `gitattributes(5)` has the conversation; `Docs/pointers.md` says what
/// is certain when.
///
///     var filter = FilterProcess(workspace: workspace)
///     try filter.run()
public struct FilterProcess: ~Copyable {
    private let contents: FilteredContents?
    private let absent: AbsentContents?
    private var input = PacketReader(0)
    private var output = PacketWriter(1)
    /// How long git may be silent before what it has handed over is completed.
    private var patience: Int32 = 50
    private var isDelayUnderstood = false
    private var missing: [RelativePath] = []

    /// Prepares to talk to git on standard input and output.
    ///
    /// - Parameter workspace: where the contents are; `nil` if the repository is no workspace yet, so that pointers are
    ///   passed on as they are.
    public init(workspace: Workspace?) {
        contents = workspace.map { FilteredContents($0) }
        absent = workspace.flatMap { AbsentContents($0) }
    }

    /// Serves git until it has nothing more to ask, then completes what was stored.
    ///
    /// - Throws: ``FileSystem/FileError`` if git does not keep to the protocol, or ``ObjectStore/StoreError`` if what
    ///   was stored cannot be completed; it stays in the journal then.
    public mutating func run() throws {
        prepareStandardPipes()
        do {
            try greet()
            while let request = try nextRequest() { try serve(request) }
        } catch {
            try? contents?.finish()
            throw error
        }
        try contents?.finish()
        reportMissing()
    }

    // MARK: The conversation

    /// What git asks for.
    private struct Request {
        var command: [UInt8] = []
        var path: [UInt8] = []
        var canDelay = false

        init(_ lines: [[UInt8]]) {
            for line in lines {
                guard let separator = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
                let value = Array(line[(separator + 1)...])
                switch String(decoding: line[..<separator], as: UTF8.self) {
                case "command": command = value
                case "pathname": path = value
                case "can-delay": canDelay = value == [UInt8(ascii: "1")]
                default: continue
                }
            }
        }
    }

    private mutating func greet() throws(FileError) {
        let greeting = try input.list() ?? []
        guard greeting.first == Array("git-filter-client".utf8), greeting.contains(Array("version=2".utf8)) else {
            throw FileError(operation: "understand", path: "git's greeting", code: .badMessage)
        }
        try output.text("git-filter-server")
        try output.text("version=2")
        try output.end()
        try output.flush()
        let offered = try input.list() ?? []
        for capability in ["clean", "smudge", "delay"] where offered.contains(Array("capability=\(capability)".utf8)) {
            try output.text("capability=\(capability)")
            if capability == "delay" { isDelayUnderstood = true }
        }
        try output.end()
        try output.flush()
    }

    private mutating func nextRequest() throws -> Request? {
        if let contents, contents.hasUnfinished, !input.waits(atMost: patience) {
            // Another filter, such as that of a command that git has begun, may wait for it.
            try contents.finish()
            patience = min(patience * 2, 2000)
        }
        return try input.list().map { Request($0) }
    }

    private mutating func serve(_ request: Request) throws(FileError) {
        switch String(decoding: request.command, as: UTF8.self) {
        case "clean": try clean(request)
        case "smudge": try smudge(request)
        case "list_available_blobs":
            // The remote first: while it is asked, others are read on their own threads.
            let brought = absent?.bring() ?? []
            for path in brought + (contents?.available() ?? []) { try output.text("pathname=", path) }
            try output.end()
            try answer("success")
        default:
            var isAtEnd = false
            try drain(&isAtEnd)
            try answer("error")
        }
        try output.flush()
    }

    private mutating func answer(_ status: String) throws(FileError) {
        try output.text("status=\(status)")
        try output.end()
    }

    /// Reads the rest of a content and forgets it: git sends all before it listens.
    private mutating func drain(_ isAtEnd: inout Bool) throws(FileError) {
        let space = ByteBuffer(capacity: 1 << 16)
        while !isAtEnd { _ = try input.content(into: space.bytes, &isAtEnd) }
    }

    private func name(_ request: Request) -> String { quotedForDisplay(request.path) }

    // MARK: Clean

    private mutating func clean(_ request: Request) throws(FileError) {
        var isAtEnd = false
        let beginning = try head(&isAtEnd)
        var result: [UInt8] = []
        do {
            result = try cleaned(beginning, &isAtEnd, name(request))
        } catch {
            warn("\(name(request)) is not added: \(oneLine(error))")
            try drain(&isAtEnd)
            return try answer("error")
        }
        try answer("success")
        try result.withUnsafeTypedBytes { (bytes) throws(FileError) in try output.content(bytes) }
        try output.end()
        try output.end()
    }

    /// The first bytes of a content: all of it, if it could be a pointer.
    private mutating func head(_ isAtEnd: inout Bool) throws(FileError) -> [UInt8] {
        var isOver = isAtEnd
        let head = try [UInt8].reading(Pointer.maximumCount + 1) { (space) throws(FileError) in
            try input.content(into: space, &isOver)
        }
        // A content that fills the space exactly has not ended yet.
        isAtEnd = isOver
        return head
    }

    /// Stores a content and gives its pointer.
    private mutating func cleaned(
        _ beginning: [UInt8], _ isAtEnd: inout Bool, _ name: String
    ) throws -> [UInt8] {
        if beginning.isEmpty { return [] }
        switch Pointer.appearance(of: beginning, isWhole: isAtEnd) {
        case .pointer: return beginning
        case .conflicted: throw GitBridgeError.conflictedPointer
        case .broken:
            // As on the way out, so that git sees no change in it.
            warn("\(name) begins like a pointer and is none; git keeps it as it is")
            return beginning
        case .content: break
        }
        guard let contents else { throw GitBridgeError.noWorkspace }
        var isOver = isAtEnd
        defer { isAtEnd = isOver }
        var rest = beginning[...]
        let content = try contents.store { (space) throws(StoreError) in
            var filled = 0
            if !rest.isEmpty {
                filled = min(rest.count, space.count)
                space.copyBytes(from: rest.prefix(filled))
                rest = rest.dropFirst(filled)
            }
            let free = UnsafeMutableRawBufferPointer(rebasing: space[filled...])
            do throws(FileError) {
                return filled + (try input.content(into: free, &isOver))
            } catch {
                throw .file(error)
            }
        }
        return Pointer(content).encoded()
    }

    // MARK: Smudge

    private mutating func smudge(_ request: Request) throws(FileError) {
        var isAtEnd = false
        let beginning = try head(&isAtEnd)
        if let outcome = contents?.fetch(request.path) { return try give(request, outcome, &isAtEnd) }
        if let pointer = absent?.take(request.path) {
            try drain(&isAtEnd)
            return try give(request, pointer, pointer.encoded(), &isAtEnd)
        }
        guard case .pointer(let pointer) = Pointer.appearance(of: beginning, isWhole: isAtEnd) else {
            return try pass(beginning, &isAtEnd)
        }
        if request.canDelay && isDelayUnderstood, let contents {
            let isDelayed =
                contents.isPresent(pointer.content)
                ? contents.delay(request.path, pointer.content) : absent?.accept(request.path, pointer)
            if isDelayed == true { return try answer("delayed") }
        }
        try give(request, pointer, beginning, &isAtEnd)
    }

    /// Gives git what a pointer stands for, and the pointer itself where that is not here.
    private mutating func give(
        _ request: Request, _ pointer: Pointer, _ text: [UInt8], _ isAtEnd: inout Bool
    ) throws(FileError) {
        guard let contents, contents.isPresent(pointer.content) else {
            if let path = try? RelativePath(bytes: request.path) { missing.append(path) }
            return try pass(text, &isAtEnd)
        }
        var hasAnswered = false
        do {
            try contents.read(pointer.content) { (bytes) throws(StoreError) in
                do throws(FileError) {
                    if !hasAnswered { try answer("success") }
                    hasAnswered = true
                    try output.content(bytes)
                } catch {
                    throw .file(error)
                }
            }
        } catch {
            warn("\(name(request)) is refused: \(error)")
            if hasAnswered { try output.end() }
            return try answer("error")
        }
        try output.end()
        try output.end()
    }

    /// Gives git a content that was read meanwhile.
    private mutating func give(
        _ request: Request, _ outcome: Result<[UInt8], StoreError>, _ isAtEnd: inout Bool
    ) throws(FileError) {
        try drain(&isAtEnd)
        switch outcome {
        case .success(let bytes):
            try answer("success")
            try bytes.withUnsafeTypedBytes { (bytes) throws(FileError) in try output.content(bytes) }
            try output.end()
            try output.end()
        case .failure(let error):
            warn("\(name(request)) is refused: \(error)")
            try answer("error")
        }
    }

    /// Gives git a content back as it is.
    private mutating func pass(_ beginning: [UInt8], _ isAtEnd: inout Bool) throws(FileError) {
        // All of it is taken first: git sends all before it listens.
        var spool = Spool()
        try spool.append(beginning)
        let space = ByteBuffer(capacity: 1 << 16)
        while !isAtEnd {
            let count = try input.content(into: space.bytes, &isAtEnd)
            try spool.append(UnsafeRawBufferPointer(rebasing: space.bytes[..<count]))
        }
        try answer("success")
        try spool.read { (bytes) throws(FileError) in try output.content(bytes) }
        try output.end()
        try output.end()
    }

    private func reportMissing() {
        // Git asks for the two sides of a difference under one name.
        let missing = Set(missing).sorted()
        if missing.isEmpty { return }
        let shown = missing.prefix(3).map(\.description).joined(separator: ", ")
        let names = missing.count > 3 ? "\(shown) and \(missing.count - 3) more" : shown
        let advice =
            if contents == nil {
                "run 'vintage init' here"
            } else if let failure = absent?.failure {
                "the remote did not give it: \(failure)"
            } else {
                "'vintage checkout' brings the content once the store has it"
            }
        warn(
            "\(missing.count == 1 ? "a file stands" : "\(missing.count) files stand") as a pointer, since the content "
                + "is not here: \(names); \(advice)")
    }
}

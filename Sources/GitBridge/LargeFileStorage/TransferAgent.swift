import FileSystem
import Git
import ObjectStore
import SystemPackage
import TextFormats
import Workspace

/// The agent that git-lfs calls to move its files: one line of JSON a message, on standard input and output.
///
/// git-lfs has the conversation in its `custom-transfers.md`; `Docs/lfs.md` says how files are kept.
///
///     var agent = try TransferAgent(repository: repository, workspace: workspace)
///     try agent.run()
public struct TransferAgent: ~Copyable {
    private let files: LargeFileStore
    /// Where downloads are left for git-lfs, which moves them: on the file system of its own storage.
    private let downloads: FilePath
    private var input = LineReader(0)
    /// How long git-lfs may be silent before what it has handed over is completed.
    private var patience: Int32 = 50

    /// Bytes that pass before the next message of progress.
    private static let progressStep: UInt64 = 4 << 20

    /// Prepares to talk to git-lfs.
    ///
    /// - Parameters:
    ///   - repository: the one whose files are moved.
    ///   - workspace: the one whose store keeps them.
    public init(repository: Repository, workspace: Workspace) throws {
        files = LargeFileStore(workspace)
        downloads = try LargeFileStorage(repository).temporary
    }

    /// Tells git-lfs, which waits for an answer, why nothing can be moved.
    public static func refuse(_ error: any Error) {
        prepareStandardPipes()
        var input = LineReader(0)
        guard (try? input.next()) != nil else { return }
        var answer = JSONObject()
        answer["error"] = failure(error)
        try? send(answer)
    }

    /// Serves git-lfs until it has nothing more to move, then completes what was stored.
    ///
    /// An error of one file is told to git-lfs and ends nothing.
    ///
    /// - Throws: ``LargeFileError/protocolBroken(_:)``, or ``ObjectStore/StoreError`` if what was stored cannot be
    ///   completed; it stays in the journal then.
    public mutating func run() throws {
        prepareStandardPipes()
        do {
            try converse()
        } catch {
            try? files.finish()
            throw error
        }
        try files.finish()
    }

    private mutating func converse() throws {
        guard let greeting = try nextMessage() else { return }
        guard greeting["event"].string == "init", let operation = greeting["operation"].string,
            ["upload", "download"].contains(operation)
        else { throw LargeFileError.protocolBroken("the first message is no 'init' that it knows") }
        try Self.send(JSONObject())
        while let message = try nextMessage() {
            switch message["event"].string {
            case "upload": try serve(message) { try upload(message, $0, size: $1) }
            case "download": try serve(message) { try download($0, size: $1) }
            case "terminate": return
            default: throw LargeFileError.protocolBroken("the event '\(message["event"].string ?? "")' is unknown")
            }
        }
    }

    private mutating func nextMessage() throws -> JSON? {
        if files.hasUnfinished, !input.waits(atMost: patience) {
            // Another process, such as a checkout or a clean-up, may wait for it.
            try files.finish()
            patience = min(patience * 2, 2000)
        }
        guard let line = try input.next() else { return nil }
        do throws(JSONSyntaxError) {
            return try JSON(parsing: line)
        } catch {
            throw LargeFileError.protocolBroken("a line of it cannot be read: \(error)")
        }
    }

    private static func send(_ message: JSONObject) throws(FileError) {
        let line = Array((JSON.object(message).line + "\n").utf8)
        do throws(Errno) {
            try line.withUnsafeTypedBytes { (bytes) throws(Errno) in try writeAll(1, bytes) }
        } catch {
            throw FileError(operation: "write", path: "the answer to git-lfs", code: error)
        }
    }

    private static func failure(_ error: any Error) -> JSON {
        var object = JSONObject()
        object["code"] = JSON(exitStatus(of: error).rawValue)
        object["message"] = .string("vintage: \(oneLine(error))")
        return .object(object)
    }

    // MARK: Transfers

    /// Serves one request, and says how it ended.
    private func serve(_ message: JSON, _ transfer: (ObjectID, UInt64) throws -> FilePath?) throws {
        guard let text = message["oid"].string, let size = message["size"].count else {
            throw LargeFileError.protocolBroken("a request has no 'oid' or 'size'")
        }
        var answer = JSONObject()
        answer["event"] = .string("complete")
        answer["oid"] = .string(text)
        do {
            guard let name = ObjectID(hex: text) else { throw LargeFileError.invalidName(text) }
            if let path = try transfer(name, size) {
                answer["path"] = .string(String(decoding: path.bytes, as: UTF8.self))
            }
        } catch {
            answer["error"] = Self.failure(error)
        }
        try Self.send(answer)
    }

    private func upload(_ message: JSON, _ name: ObjectID, size: UInt64) throws -> FilePath? {
        guard let path = message["path"].string else { throw LargeFileError.protocolBroken("an upload has no 'path'") }
        var meter = TransferMeter(name, size, step: Self.progressStep)
        try files.put(FilePath(path), named: name, size: size) { (bytes) throws(FileError) in
            if let report = meter.add(bytes) { try Self.send(report) }
        }
        return nil
    }

    private func download(_ name: ObjectID, size: UInt64) throws -> FilePath? {
        try downloads.makeDirectories()
        let path = downloads.appending("\(name)-\(temporaryName().dropFirst())")
        do {
            let file = try File(creating: path)
            var meter = TransferMeter(name, size, step: Self.progressStep)
            try files.write(name, size: size, to: file) { (bytes) throws(FileError) in
                if let report = meter.add(bytes) { try Self.send(report) }
            }
            return path
        } catch {
            try? path.remove()
            throw error
        }
    }
}

/// Counts the bytes of one transfer, and says when git-lfs should be told.
private struct TransferMeter {
    private let name: ObjectID
    private let size: UInt64
    private let step: UInt64
    private var total: UInt64 = 0
    private var told: UInt64 = 0

    init(_ name: ObjectID, _ size: UInt64, step: UInt64) {
        (self.name, self.size, self.step) = (name, size, step)
    }

    /// Counts bytes.
    ///
    /// - Returns: a message of progress, if it is time for one; the last one has all bytes.
    mutating func add(_ bytes: UInt64) -> JSONObject? {
        total += bytes
        guard total - told >= step || total == size else { return nil }
        var report = JSONObject()
        report["event"] = .string("progress")
        report["oid"] = .string(name.description)
        report["bytesSoFar"] = JSON(total)
        report["bytesSinceLast"] = JSON(total - told)
        told = total
        return report
    }
}

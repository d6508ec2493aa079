import FileSystem
import Synchronization
import SystemPackage
import Tables

import enum Tables.TableFormat

/// A training set that is written, but not yet where it belongs.
public struct TrainingSetCandidate: Sendable {
    /// What it holds.
    public let set: TrainingSet
    /// The file, under a name of its own until it is approved; whole only for a guard that reads it.
    public let file: FilePath
    /// How it is written.
    public let format: TableFormat
}

/// Looks at each training set before it is put where it belongs.
public protocol TrainingSetGuard {
    /// Whether it reads the file, and so has to wait until it is written.
    func readsFile(of set: TrainingSet) -> Bool

    /// Approves a training set.
    ///
    /// - Returns: what is to be known of it, as named values of its provenance.
    /// - Throws: ``TrainingSetError/blocked(_:)``, or an error of the guard's own; then there is no output.
    func approve(_ candidate: TrainingSetCandidate) throws -> [String: String]
}

extension TrainingSet {
    /// How many rows are written at once.
    private static var batchSize: Int { 1 << 17 }
    /// What the writer keeps of a row group until it is whole is bounded by its rows. Features hardly become smaller at a
    /// higher level.
    private static var options: TableWriteOptions { TableWriteOptions(compressionLevel: 1, rowGroupSize: 1 << 18) }

    /// Writes the training set to a file, which is there when the guards have approved it, and is as it was until then.
    ///
    /// - Returns: what the guards say of it.
    /// - Throws: what the guards throw, ``Tables/TableError``, ``FileSystem/FileError``.
    @discardableResult
    public func write(
        to path: FilePath, format: TableFormat? = nil, guards: [any TrainingSetGuard] = []
    ) throws -> [String: String] {
        guard let format = format ?? TableFormat(fileName: path.lastComponent?.string ?? "") else {
            throw TableError.unknownFormat(table: displayed(path))
        }
        let temporary = path.removingLastComponent().appending(temporaryName())
        do {
            let candidate = TrainingSetCandidate(set: self, file: temporary, format: format)
            let (late, early) = (guards.filter { $0.readsFile(of: self) }, guards.filter { !$0.readsFile(of: self) })
            let findings = Mutex<[String: String]>([:])
            // While the file is written it is judged by those who look at the rows in memory alone.
            try overlapped(2, atOnce: isWrittenWhileJudged ? 2 : 1) { task in
                if task == 0 { return try write(candidate) }
                for each in early {
                    let found = try each.approve(candidate)
                    findings.withLock { $0.merge(found) { $1 } }
                }
            }
            for each in late {
                let found = try each.approve(candidate)
                findings.withLock { $0.merge(found) { $1 } }
            }
            try temporary.rename(to: path)
            return findings.withLock { $0 }
        } catch {
            try? temporary.remove()
            throw error
        }
    }

    private func write(_ candidate: TrainingSetCandidate) throws {
        let writer = try TableWriter(.file(candidate.file), table.schema, candidate.format, Self.options)
        for rows in (0..<table.count).pieces(of: Self.batchSize) {
            try writer.write(table.slice(rows))
            // What is in files need not stay in memory.
            for column in table.columns { column.letGo() }
        }
        try writer.finish()
    }
}

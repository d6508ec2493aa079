import FileSystem
import ObjectStore

/// What is wrong with the text of a lock file. Lines count from one.
public enum LockError: Error, Equatable, CustomStringConvertible {
    /// A line of git's conflict markers: a merge was left unfinished.
    case isConflicted(line: Int)
    /// The first line is not the header of a lock.
    case isNoLock
    /// The header names a version that this program does not know.
    case unknownVersion(String)
    /// A line is not a snapshot id, a space and a path.
    case malformedLine(line: Int)
    /// A line's first word is not 64 lower-case hexadecimal digits.
    case invalidSnapshot(line: Int)
    /// A path is no path at all, such as an absolute one or one with `..`.
    case invalidPath(line: Int, InvalidPath)
    /// A path is not fit for an artifact, or lies inside another artifact.
    case invalidArtifact(line: Int, ArtifactPathError)
    /// A path was named on an earlier line.
    case duplicatePath(line: Int, earlier: Int, RelativePath)

    /// One line for people.
    public var description: String {
        switch self {
        case .isConflicted(let line):
            "vintage.lock, line \(line): an unfinished merge left its conflict markers; choose one line for each artifact "
                + "and delete the markers, or take one side with 'git checkout --ours vintage.lock'"
        case .isNoLock:
            "vintage.lock, line 1: the first line is not '# vintage lock 1'; restore the file from git"
        case .unknownVersion(let version):
            "vintage.lock, line 1: version \(quotedForDisplay(version.utf8)) is not known to this vintage; update vintage"
        case .malformedLine(let line):
            "vintage.lock, line \(line): not '<snapshot id> <path>'; restore the line from git"
        case .invalidSnapshot(let line):
            "vintage.lock, line \(line): the snapshot id is not 64 hexadecimal digits; restore the line from git"
        case .invalidPath(let line, let error):
            "vintage.lock, line \(line): \(error); correct the path"
        case .invalidArtifact(let line, let error):
            "vintage.lock, line \(line): \(error)"
        case .duplicatePath(let line, let earlier, let path):
            "vintage.lock, line \(line): \(path) is on line \(earlier) too; keep one of the two lines"
        }
    }
}

extension Lock {
    private static let headerStart = Array("# vintage lock ".utf8)
    private static let version = Array("1".utf8)

    /// Parses the text of a lock file. Lines may come in any order.
    ///
    /// Blank lines are skipped and line ends of Windows accepted, since an editor may leave them. No bytes at all are an
    /// empty lock: git hands a merge driver an empty file where a side has none.
    ///
    /// Complexity: O(*n* log *n*), O(*n*) when sorted as written.
    /// - Throws: ``LockError``, with the number of the line.
    public init(parsing text: [UInt8]) throws(LockError) {
        self.init()
        if text.isEmpty { return }
        var numbered: [(line: Int, entry: Entry)] = []
        numbered.reserveCapacity(text.count / 80)
        var number = 0
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 0x0a) ?? text.count
            var line = text[start..<end]
            if line.last == 0x0d { line.removeLast() }
            number += 1
            start = end + 1
            if Self.isConflictMarker(line) { throw .isConflicted(line: number) }
            if number == 1 {
                try Self.checkHeader(line)
            } else if !line.isEmpty {
                numbered.append((number, try Self.parse(line, number: number)))
            }
        }
        try self.init(numbered)
    }

    private init(_ numbered: [(line: Int, entry: Entry)]) throws(LockError) {
        var numbered = numbered
        let isSorted = zip(numbered, numbered.dropFirst()).allSatisfy { $0.entry.path <= $1.entry.path }
        if !isSorted { numbered.sort { ($0.entry.path, $0.line) < ($1.entry.path, $1.line) } }
        for (first, second) in zip(numbered, numbered.dropFirst()) {
            if first.entry.path == second.entry.path {
                throw .duplicatePath(line: second.line, earlier: first.line, second.entry.path)
            }
            if first.entry.path.contains(second.entry.path) {
                throw .invalidArtifact(
                    line: second.line, .isInside(second.entry.path, artifact: first.entry.path))
            }
        }
        self.init(sorted: numbered.map(\.entry))
    }

    /// The line of each artifact in the text of a lock file that can be parsed, from 1.
    package static func lines(ofArtifactsIn text: [UInt8]) -> [RelativePath: Int] {
        var lines: [RelativePath: Int] = [:]
        for (index, line) in text.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated().dropFirst() {
            let line = line.last == 0x0d ? line.dropLast() : line
            if !line.isEmpty, let entry = try? parse(line, number: index + 1) { lines[entry.path] = index + 1 }
        }
        return lines
    }

    private static func isConflictMarker(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first, "<=>|".utf8.contains(first) else { return false }
        return line.prefix(7).count { $0 == first } == 7
    }

    private static func checkHeader(_ line: ArraySlice<UInt8>) throws(LockError) {
        guard line.starts(with: headerStart) else { throw .isNoLock }
        let version = line.dropFirst(headerStart.count)
        guard version.elementsEqual(Self.version) else {
            throw .unknownVersion(String(decoding: version, as: UTF8.self))
        }
    }

    private static func parse(_ line: ArraySlice<UInt8>, number: Int) throws(LockError) -> Entry {
        guard let space = line.firstIndex(of: UInt8(ascii: " ")), space + 1 < line.endIndex else {
            throw .malformedLine(line: number)
        }
        guard let snapshot = snapshot(line[..<space]) else { throw .invalidSnapshot(line: number) }
        guard let bytes = unquoted(Array(line[(space + 1)...])) else { throw .malformedLine(line: number) }
        let path: RelativePath
        do throws(InvalidPath) {
            path = try RelativePath(bytes: bytes)
        } catch {
            throw .invalidPath(line: number, error)
        }
        do throws(ArtifactPathError) {
            try path.checkIsArtifactPath()
        } catch {
            throw .invalidArtifact(line: number, error)
        }
        return Entry(path: path, snapshot: snapshot)
    }

    /// Reads an id's digits without going through text, which counts over thousands of lines.
    private static func snapshot(_ digits: ArraySlice<UInt8>) -> ObjectID? {
        guard digits.count == 2 * ObjectID.byteCount else { return nil }
        return digits.withUnsafeBufferPointer { digits in
            withUnsafeTemporaryAllocation(byteCount: ObjectID.byteCount, alignment: 8) { bytes in
                for index in 0..<ObjectID.byteCount {
                    guard let high = value(ofDigit: digits[2 * index]), let low = value(ofDigit: digits[2 * index + 1])
                    else { return nil }
                    bytes[index] = high << 4 | low
                }
                return ObjectID(loading: UnsafeRawBufferPointer(bytes))
            }
        }
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The text of the lock file: sorted, each line ended by a line feed.
    public func encoded() -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text = Self.headerStart + Self.version + [0x0a]
        text.reserveCapacity(text.count + entries.count * 100)
        for entry in entries {
            for byte in entry.snapshot.bytes {
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
            text.append(UInt8(ascii: " "))
            text += quotedForDisplay(entry.path.bytes).utf8
            text.append(0x0a)
        }
        return text
    }
}

/// What the library has against a CSV file, taken apart.
///
/// Its messages are such as `In CSV column #1: Row #3: CSV conversion error to int64: invalid value 'x'`.
struct CSVFailure {
    /// The number of the record, the line of names being 1; `nil` where the message names none.
    let row: Int?
    /// The number of the column, from 0.
    let column: Int?
    /// What is wrong.
    let reason: String

    init(_ message: String) {
        var rest = message[...]
        column = Self.number(after: "In CSV column #", in: &rest)
        row = Self.number(after: "Row #", in: &rest)
        reason = String(rest)
    }

    /// The number after a text, which is then left behind with what stands before it.
    private static func number(after text: String, in rest: inout Substring) -> Int? {
        guard let found = rest.firstRange(of: text) else { return nil }
        let digits = rest[found.upperBound...].prefix { $0.isNumber }
        guard let number = Int(digits) else { return nil }
        rest = rest[digits.endIndex...].drop { $0 == ":" || $0 == " " }
        return number
    }

    /// The error for it, with the line where it can be found.
    func error(
        _ bytes: ByteSource, _ format: TableFormat, _ types: [String: ColumnType], columns: [String]?, isSerial: Bool
    ) -> TableError {
        let known = bytes.error(reason)
        guard case .unreadable = known else { return known }
        guard let row else {
            if isSerial { return known }
            // Several threads do not count rows; one does.
            return CSVContent.serialMessage(bytes, format, types, columns: columns) ?? known
        }
        guard let line = Self.line(ofRecord: row, bytes) else { return known }
        return .badLine(table: bytes.name, line: line, reason: reason)
    }

    /// The line that a record begins on. Empty lines are no records, and a record may have line ends between quotes.
    private static func line(ofRecord wanted: Int, _ bytes: ByteSource) -> Int? {
        let size = 1 << 20
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { piece.deallocate() }
        var (record, line, offset) = (0, 1, Int64(0))
        var (isQuoted, isInRecord) = (false, false)
        while offset < bytes.size {
            let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<Int(min(Int64(size), bytes.size - offset))])
            guard bytes.read(into: part, at: offset) else { return nil }
            for byte in part {
                let isEnd = byte == UInt8(ascii: "\n")
                if !isInRecord, !isEnd, byte != UInt8(ascii: "\r") {
                    record += 1
                    isInRecord = true
                    if record == wanted { return line }
                }
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if isEnd {
                    line += 1
                    if !isQuoted { isInRecord = false }
                }
            }
            offset += Int64(part.count)
        }
        return nil
    }
}

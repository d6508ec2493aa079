import Workspace

extension ColumnType {
    /// A value of the type as people read it: moments in ISO 8601 and UTC, bytes in hexadecimal; empty for null.
    public func text(of cell: Cell) -> String {
        switch (self, cell) {
        case (_, .null): ""
        case (.date, .integer(let days)): Timestamp(seconds: Int64(clamping: Int128(days) * 86_400)).date
        case (.timestamp(let unit, let zone), .integer(let count)):
            Self.moment(count, unit) + (zone == nil ? "" : "Z")
        case (.time(let unit), .integer(let count)): String(Self.moment(count, unit).dropFirst("1970-01-01T".count))
        case (.duration(let unit), .integer(let count)): "\(count) \(unit.rawValue)"
        case (_, .boolean(let value)): value ? "true" : "false"
        case (_, .integer(let value)): String(value)
        case (_, .unsigned(let value)): String(value)
        case (.float32, .number(let value)): Float(value).description
        case (.vector, .number(let value)): Float(value).description
        case (_, .number(let value)): value.description
        case (_, .numbers(let values)): Self.text(ofVector: values)
        case (_, .text(let value)): value
        case (_, .bytes(let value)): value.map(Self.hexadecimal).joined()
        }
    }

    /// The first numbers of a vector, and how many there are; all of them where they are few.
    private static func text(ofVector values: [Float]) -> String {
        let shown = values.count <= 6 ? values[...] : values[..<4]
        let text = shown.map(\.description).joined(separator: ", ")
        return shown.count == values.count ? "[\(text)]" : "[\(text), …] (\(values.count) numbers)"
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }

    /// A date and a time of day, with as many digits behind the second as are not zero.
    private static func moment(_ count: Int64, _ unit: TimeUnit) -> String {
        var (second, rest) = count.quotientAndRemainder(dividingBy: unit.perSecond)
        if rest < 0 { (second, rest) = (second - 1, rest + unit.perSecond) }
        let text = String(Timestamp(seconds: second).iso8601.dropLast())
        if rest == 0 { return text }
        var digits = String(String(unit.perSecond + rest).dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return text + "." + digits
    }
}

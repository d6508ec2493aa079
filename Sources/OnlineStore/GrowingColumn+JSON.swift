import Tables
import TextFormats
import Workspace

extension GrowingColumn {
    /// Adds a value as JSON writes it; `false`, with nothing added, if the column holds no such values.
    ///
    /// Whole numbers may be written with a point where nothing is behind it; numbers that are none, as the texts `NaN`,
    /// `Infinity` and `-Infinity`; moments and dates as ISO 8601, a moment without an offset in UTC unless `zone` says that
    /// the source's clocks stand elsewhere: then it needs one.
    mutating func append(_ value: JSON, zone: String?) -> Bool {
        switch (type, value) {
        case (_, .null): appendNull()
        case (.boolean, .bool(let value)): append(bytes: [value ? 1 : 0])
        case (.int8, _): return append(whole: value, Int8.self)
        case (.int16, _): return append(whole: value, Int16.self)
        case (.int32, _): return append(whole: value, Int32.self)
        case (.int64, _): return append(whole: value, Int64.self)
        case (.uint8, _): return append(whole: value, UInt8.self)
        case (.uint16, _): return append(whole: value, UInt16.self)
        case (.uint32, _): return append(whole: value, UInt32.self)
        case (.uint64, _): return append(whole: value, UInt64.self)
        case (.float32, _):
            guard let number = Self.number(value) else { return false }
            append(raw: Float(number))
        case (.float64, _):
            guard let number = Self.number(value) else { return false }
            append(raw: number)
        case (.string, .string(let text)):
            texts.append(text)
            isValid.append(true)
        case (.date, .string(let text)):
            guard let day = try? PointInTime(parsing: text), day.isDateOnly,
                let count = Int32(exactly: day.timestamp.seconds / 86_400)
            else { return false }
            append(raw: count)
        case (.timestamp(let unit, _), .string(let text)):
            guard let count = Self.moment(text, unit, zone: zone) else { return false }
            append(raw: count)
        case (.vector(let dimension), .array(let elements)):
            let numbers = elements.compactMap { Self.number($0).map { Float($0) } }
            guard elements.count == dimension, numbers.count == dimension else { return false }
            numbers.withUnsafeBytes { append(bytes: Array($0)) }
        default: return false
        }
        return true
    }

    private mutating func appendNull() {
        isValid.append(false)
        if type.isVariable {
            texts.appendNull()
        } else {
            values.append(contentsOf: repeatElement(0, count: type.byteWidth ?? 1))
        }
    }

    private mutating func append(bytes: [UInt8]) {
        values += bytes
        isValid.append(true)
    }

    private mutating func append<Value: BitwiseCopyable>(raw value: Value) {
        withUnsafeBytes(of: value) { values.append(contentsOf: $0) }
        isValid.append(true)
    }

    private mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(whole value: JSON, _: Value.Type) -> Bool {
        let number: Value? =
            switch value {
            case .integer(let value): Value(exactly: value)
            case .unsigned(let value): Value(exactly: value)
            case .number(let value): Value(exactly: value)
            default: nil
            }
        guard let number else { return false }
        append(raw: number)
        return true
    }

    private static func number(_ value: JSON) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }

    /// A moment in a unit; `nil` for one that the unit cannot tell: cut off, it would be earlier than it was.
    private static func moment(_ text: String, _ unit: TimeUnit, zone: String?) -> Int64? {
        guard let moment = try? PointInTime(parsing: text) else { return nil }
        // An offset comes after the time of day, which begins behind the date's ten characters.
        let clock = text.utf8.dropFirst(10)
        let hasOffset = clock.contains { $0 == UInt8(ascii: "Z") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        if zone != nil, zone != "UTC", !hasOffset { return nil }
        let (count, isTooLarge) = moment.timestamp.seconds.multipliedReportingOverflow(by: unit.perSecond)
        if isTooLarge { return nil }
        var (fraction, scale) = (Int64(0), unit.perSecond)
        if let point = clock.firstIndex(of: UInt8(ascii: ".")) {
            for digit in clock[clock.index(after: point)...] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
                if scale < 10, digit != UInt8(ascii: "0") { return nil }
                scale /= 10
                fraction += Int64(digit - UInt8(ascii: "0")) * scale
            }
        }
        return count + fraction
    }
}

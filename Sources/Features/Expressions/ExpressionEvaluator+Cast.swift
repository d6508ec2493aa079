// Values of one type as those of another.

extension ExpressionEvaluator {
    func cast(
        _ value: ExpressionVector, to type: ExpressionType, isLenient: Bool, _ offset: Int, _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        if value.type == type { return value }
        func strict<To>(
            _ validity: [Bool]?, _ zero: To, _ shown: (Int) -> String, _ body: (Int) -> To?
        ) throws(ExpressionEvaluationError) -> FixedVector<To> {
            var values = [To](repeating: zero, count: count)
            var result = validity ?? [Bool](repeating: true, count: count)
            for row in 0..<count where result[row] {
                if let value = body(row) {
                    values[row] = value
                } else if isLenient || !(active?[row] ?? true) {
                    result[row] = false
                } else {
                    throw ExpressionEvaluationError(
                        problem: .invalidCast(shown(row), type), row: row, offset: offset)
                }
            }
            return FixedVector(values, validity: result)
        }
        func shown(_ texts: TextVector) -> (Int) -> String {
            { row in String(decoding: texts[row].prefix(40), as: UTF8.self) }
        }
        switch (value, type) {
        case (.bool(let values), .int64):
            return .int64(FixedVector(map(values.values) { $0 ? 1 : 0 }, validity: values.validity))
        case (.bool(let values), .float64):
            return .float64(FixedVector(map(values.values) { $0 ? 1 : 0 }, validity: values.validity))
        case (.int64(let values), .bool):
            return .bool(FixedVector(map(values.values) { $0 != 0 }, validity: values.validity))
        case (.int64(let values), .float64):
            return .float64(FixedVector(map(values.values) { Double($0) }, validity: values.validity))
        case (.float64(let values), .int64):
            return .int64(
                try strict(values.validity, 0, { "\(values.values[$0])" }) {
                    Int64(exactly: values.values[$0].rounded(.towardZero))
                })
        case (.string(let texts), .bool):
            return .bool(
                try strict(texts.validity, false, shown(texts)) { row in
                    texts[row].elementsEqual("true".utf8) ? true : texts[row].elementsEqual("false".utf8) ? false : nil
                })
        case (.string(let texts), .int64):
            return .int64(try strict(texts.validity, 0, shown(texts)) { Self.integer(texts[$0]) })
        case (.string(let texts), .float64):
            return .float64(try strict(texts.validity, 0, shown(texts)) { Self.number(texts[$0]) })
        case (.string(let texts), .timestamp):
            return .timestamp(try strict(texts.validity, 0, shown(texts)) { MomentText.parse(texts[$0]) })
        default: return .string(written(value))
        }
    }

    /// Values as texts.
    private func written(_ value: ExpressionVector) -> TextVector {
        var result = TextVector(capacity: count)
        for row in 0..<count {
            if value.validity?[row] ?? true {
                switch value {
                case .bool(let values): result.extend((values.values[row] ? "true" : "false").utf8)
                case .int64(let values), .duration(let values): result.extend("\(values.values[row])".utf8)
                case .float64(let values): result.extend("\(values.values[row])".utf8)
                case .timestamp(let values): result.extend(MomentText.write(values.values[row]).utf8)
                case .string(let values): result.extend(values[row])
                }
            }
            result.endRow()
        }
        result.validity = value.validity
        return result
    }

    /// A whole number with or without a sign.
    private static func integer(_ text: ArraySlice<UInt8>) -> Int64? {
        var digits = text.trimmed
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        if digits.isEmpty { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (product, isLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - 0x30)
            let (sum, isPast) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if isLarge || isPast { return nil }
            value = sum
        }
        return value
    }

    /// A number in decimal digits, with or without an exponent.
    private static func number(_ text: ArraySlice<UInt8>) -> Double? {
        let text = text.trimmed
        guard text.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }
}

/// Moments as text: `2013-06-01T12:30:00.5+02:00`.
enum MomentText {
    /// The microseconds since 1970; `nil` for anything but a day, or a day, a time and a zone.
    static func parse(_ text: ArraySlice<UInt8>) -> Int64? {
        var reader = Reader(rest: text.trimmed)
        guard let year = reader.number(digits: 4), reader.take("-"), let month = reader.number(digits: 2),
            reader.take("-"), let day = reader.number(digits: 2), (1...12).contains(month), day >= 1
        else { return nil }
        let number = CivilDay.number(year: year, month: month, day: day)
        let read = CivilDay(number: number)
        // A day past the month's last is one of the next.
        guard read.month == month, read.day == day else { return nil }
        let midnight = number * CivilDay.microseconds
        if reader.isAtEnd { return midnight }
        guard reader.take("T") || reader.take(" "), let hour = reader.number(digits: 2), reader.take(":"),
            let minute = reader.number(digits: 2), hour < 24, minute < 60
        else { return nil }
        var time = (hour * 60 + minute) * 60_000_000
        if reader.take(":") {
            guard let second = reader.number(digits: 2), second < 60 else { return nil }
            time += second * 1_000_000
            if reader.take(".") {
                guard let fraction = reader.fraction() else { return nil }
                time += fraction
            }
        }
        guard let offset = reader.zone(), reader.isAtEnd else { return nil }
        return midnight + time - offset
    }

    /// A moment in UTC, with as many digits of the second as there are.
    static func write(_ moment: Int64) -> String {
        let day = CivilDay(of: moment)
        let time = moment.flooredRemainder(CivilDay.microseconds)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = "\(number.magnitude)"
            return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        var text = "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))T"
        text += "\(padded(time / 3_600_000_000, 2)):\(padded(time / 60_000_000 % 60, 2)):"
        text += padded(time / 1_000_000 % 60, 2)
        if time % 1_000_000 != 0 { text += "." + padded(time % 1_000_000, 6) }
        return text + "Z"
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard let first = rest.first, UInt32(first) == character.value else { return false }
            rest = rest.dropFirst()
            return true
        }

        mutating func number(digits count: Int) -> Int64? {
            guard rest.count >= count else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(count) {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            rest = rest.dropFirst(count)
            return value
        }

        /// Digits after the point, as microseconds; further ones are cut off.
        mutating func fraction() -> Int64? {
            var (value, digits): (Int64, Int) = (0, 0)
            while let byte = rest.first, (0x30...0x39).contains(byte) {
                if digits < 6 { value = value * 10 + Int64(byte - 0x30) }
                digits += 1
                rest = rest.dropFirst()
            }
            if digits == 0 { return nil }
            for _ in min(digits, 6)..<6 { value *= 10 }
            return value
        }

        /// `Z`, `+02:00` or `+0200`, as microseconds east.
        mutating func zone() -> Int64? {
            if take("Z") { return 0 }
            let isWest = take("-")
            guard isWest || take("+"), let hours = number(digits: 2) else { return nil }
            _ = take(":")
            guard let minutes = number(digits: 2), hours < 24, minutes < 60 else { return nil }
            return (isWest ? -1 : 1) * (hours * 60 + minutes) * 60_000_000
        }
    }
}

// Functions of texts, by their bytes.

extension ExpressionEvaluator {
    func text(_ function: ExpressionFunction, _ arguments: [ExpressionVector]) -> ExpressionVector {
        let first = texts(arguments[0])
        switch function {
        case .length:
            let lengths = (0..<count).map { row in first[row].reduce(Int64(0)) { $0 + ($1.isContinuation ? 0 : 1) } }
            return .int64(FixedVector(lengths, validity: first.validity))
        case .lower: return .string(cased(first, isUpper: false))
        case .upper: return .string(cased(first, isUpper: true))
        case .trim: return .string(build(first.validity) { row, result in result.extend(first[row].trimmed) })
        case .contains: return test(first, texts(arguments[1])) { text, part in text.firstIndex(of: part) != nil }
        case .startsWith: return test(first, texts(arguments[1])) { text, part in text.starts(with: part) }
        case .endsWith:
            return test(first, texts(arguments[1])) { text, part in
                text.count >= part.count && text.suffix(part.count).elementsEqual(part)
            }
        case .replace: return .string(replaced(first, texts(arguments[1]), texts(arguments[2])))
        case .substring:
            return .string(
                substring(first, integers(arguments[1]), arguments.count == 3 ? integers(arguments[2]) : nil))
        default:
            let parts = arguments.map(texts)
            let validity = parts.dropFirst().reduce(first.validity) { both($0, $1.validity) }
            return .string(
                build(validity) { row, result in
                    for part in parts { result.extend(part[row]) }
                })
        }
    }

    /// A text for each row that is valid, and none for the others.
    @inline(__always)
    private func build(_ validity: [Bool]?, _ body: (Int, inout TextVector) -> Void) -> TextVector {
        var result = TextVector(capacity: count)
        for row in 0..<count {
            if validity?[row] ?? true { body(row, &result) }
            result.endRow()
        }
        result.validity = validity
        return result
    }

    @inline(__always)
    private func test(
        _ left: TextVector, _ right: TextVector, _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
    ) -> ExpressionVector {
        let values = (0..<count).map { body(left[$0], right[$0]) }
        return .bool(FixedVector(values, validity: both(left.validity, right.validity)))
    }

    /// Texts in lower or upper case; only those with other letters than ASCII's go by way of a string.
    private func cased(_ vector: TextVector, isUpper: Bool) -> TextVector {
        let first: UInt8 = isUpper ? UInt8(ascii: "a") : UInt8(ascii: "A")
        return build(vector.validity) { row, result in
            let text = vector[row]
            if text.allSatisfy({ $0 < 0x80 }) {
                result.extend(text.lazy.map { $0 &- first < 26 ? $0 ^ 0x20 : $0 })
            } else {
                let string = String(decoding: text, as: UTF8.self)
                result.extend(Array((isUpper ? string.uppercased() : string.lowercased()).utf8))
            }
        }
    }

    private func replaced(_ vector: TextVector, _ parts: TextVector, _ others: TextVector) -> TextVector {
        build(both(both(vector.validity, parts.validity), others.validity)) { row, result in
            var rest = vector[row]
            let part = parts[row]
            while !part.isEmpty, let place = rest.firstIndex(of: part) {
                result.extend(rest[..<place])
                result.extend(others[row])
                rest = rest[(place + part.count)...]
            }
            result.extend(rest)
        }
    }

    private func substring(
        _ vector: TextVector, _ starts: FixedVector<Int64>, _ counts: FixedVector<Int64>?
    ) -> TextVector {
        build(both(both(vector.validity, starts.validity), counts?.validity)) { row, result in
            let start = starts.values[row]
            let count = counts?.values[row] ?? .max
            if count <= 0 { return }
            // The place after the last; a sum that is out of range is past every end.
            let (sum, isPast) = start.addingReportingOverflow(count)
            let end = isPast ? Int64.max : sum
            var scalar: Int64 = 0
            let text = vector[row]
            var (first, last) = (text.endIndex, text.endIndex)
            for index in text.indices where !text[index].isContinuation {
                scalar += 1
                if first == text.endIndex, scalar >= start { first = index }
                if scalar >= end {
                    last = index
                    break
                }
            }
            if first < last { result.extend(text[first..<last]) }
        }
    }
}

extension UInt8 {
    /// Whether it continues a character of UTF-8.
    fileprivate var isContinuation: Bool { self & 0xc0 == 0x80 }
}

extension ArraySlice<UInt8> {
    /// Without spaces, tabs and line ends on both sides.
    var trimmed: ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }

    /// Where another text begins in this one.
    func firstIndex(of part: ArraySlice<UInt8>) -> Int? {
        if part.isEmpty { return startIndex }
        guard count >= part.count else { return nil }
        for place in startIndex...(endIndex - part.count) where self[place] == part.first {
            if self[place..<(place + part.count)].elementsEqual(part) { return place }
        }
        return nil
    }
}

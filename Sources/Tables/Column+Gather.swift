import FileSystem

extension Column {
    /// The values of rows of this column, in any order, any row any number of times.
    ///
    ///     let delays = column.gather([4, -1, 4])    // row 4, null, row 4
    ///
    /// - Parameters:
    ///   - rows: a row of this column each, or a negative number for null.
    ///   - workers: how many threads work.
    /// - Complexity: O(rows), and the bytes of texts.
    public func gather(_ rows: UnsafeBufferPointer<Int32>, workers: Int = availableCores) -> Column {
        if let dictionary {
            return gatherFixed(rows, workers, as: UInt32.self, dictionary: dictionary)
        }
        switch type {
        case .boolean: return gatherBooleans(rows, workers)
        case .string, .binary: return gatherStrings(rows, workers)
        case .fixedBinary(let width): return gatherBlocks(rows, workers, width: width)
        default:
            switch type.byteWidth {
            case 1: return gatherFixed(rows, workers, as: UInt8.self)
            case 2: return gatherFixed(rows, workers, as: UInt16.self)
            case 4: return gatherFixed(rows, workers, as: UInt32.self)
            case 8: return gatherFixed(rows, workers, as: UInt64.self)
            default: return gatherBlocks(rows, workers, width: type.byteWidth ?? 0)
            }
        }
    }

    /// The values of rows of this column; see ``gather(_:workers:)-(UnsafeBufferPointer<Int32>,_)``.
    public func gather(_ rows: [Int32], workers: Int = availableCores) -> Column {
        rows.withUnsafeBufferPointer { gather($0, workers: workers) }
    }

    /// How many rows a thread takes at once: a multiple of eight, so that no two threads share a byte of bits.
    static let gatherPiece = 1 << 15

    /// Calls `body` with each eight rows' worth of bits, for a piece of the rows.
    ///
    /// - Parameter take: stores the value of a row of this column at a place of the new one.
    @inline(__always)
    private func gatherPiece(
        _ rows: UnsafeBufferPointer<Int32>, _ piece: Range<Int>, into validity: UnsafeMutablePointer<UInt8>,
        _ take: (_ row: Int, _ place: Int) -> Void
    ) {
        var place = piece.lowerBound
        while place < piece.upperBound {
            let end = min(place + 8, piece.upperBound)
            var bits: UInt8 = 0
            for place in place..<end {
                let row = Int(rows[place])
                if row < 0 { continue }
                precondition(row < count, "a row that is not there is gathered")
                if isNull(at: row) { continue }
                take(row, place)
                bits |= 1 << UInt8(place & 7)
            }
            validity[place >> 3] = bits
            place = end
        }
    }

    private func gatherFixed<Value: BitwiseCopyable>(
        _ rows: UnsafeBufferPointer<Int32>, _ workers: Int, as _: Value.Type, dictionary: Column? = nil
    ) -> Column {
        let buffer = ColumnBuffer(type, count: rows.count, dictionary: dictionary)
        let (target, validity) = (buffer.values(as: Value.self), buffer.validity)
        let source = values.assumingMemoryBound(to: Value.self) + offset
        let pieces = rows.indices.pieces(of: Self.gatherPiece)
        inParallel(pieces.count, workers: workers) { piece in
            gatherPiece(rows, pieces[piece], into: validity) { row, place in target[place] = source[row] }
        }
        return buffer.finish()
    }

    private func gatherBlocks(_ rows: UnsafeBufferPointer<Int32>, _ workers: Int, width: Int) -> Column {
        let buffer = ColumnBuffer(type, count: rows.count)
        let (target, validity) = (UnsafeMutableRawPointer(buffer.values(as: UInt8.self)), buffer.validity)
        let source = values + offset * width
        let pieces = rows.indices.pieces(of: Self.gatherPiece)
        inParallel(pieces.count, workers: workers) { piece in
            gatherPiece(rows, pieces[piece], into: validity) { row, place in
                (target + place * width).copyMemory(from: source + row * width, byteCount: width)
            }
        }
        return buffer.finish()
    }

    private func gatherBooleans(_ rows: UnsafeBufferPointer<Int32>, _ workers: Int) -> Column {
        let buffer = ColumnBuffer(.boolean, count: rows.count)
        let (target, validity) = (buffer.values(as: UInt8.self), buffer.validity)
        let source = values.assumingMemoryBound(to: UInt8.self)
        let pieces = rows.indices.pieces(of: Self.gatherPiece)
        inParallel(pieces.count, workers: workers) { piece in
            gatherPiece(rows, pieces[piece], into: validity) { row, place in
                if bit(source, offset + row) { target[place >> 3] |= 1 << UInt8(place & 7) }
            }
        }
        return buffer.finish()
    }

    /// Two passes: the lengths, whose running sum places each text, then the bytes.
    private func gatherStrings(_ rows: UnsafeBufferPointer<Int32>, _ workers: Int) -> Column {
        let memory = ColumnMemory(values: (rows.count + 1) * 4, validity: (rows.count + 7) / 8)
        let ends = memory.values.assumingMemoryBound(to: Int32.self) + 1
        let validity = memory.validity
        let source = values.assumingMemoryBound(to: Int32.self) + offset
        let pieces = rows.indices.pieces(of: Self.gatherPiece)
        var sizes = [Int](repeating: 0, count: pieces.count)
        sizes.withUnsafeMutableBufferPointer { sizes in
            nonisolated(unsafe) let sizes = sizes
            inParallel(pieces.count, workers: workers) { piece in
                var size = 0
                gatherPiece(rows, pieces[piece], into: validity) { row, place in
                    let length = source[row + 1] - source[row]
                    ends[place] = length
                    size += Int(length)
                }
                sizes[piece] = size
            }
        }
        var starts: [Int] = []
        var total = 0
        for size in sizes {
            starts.append(total)
            total += size
        }
        if total > Int(Int32.max) { return gatherAsDictionary(rows, workers) }
        let target = memory.reserveBytes(total)
        inParallel(pieces.count, workers: workers) { piece in
            var filled = starts[piece]
            for place in pieces[piece] {
                let length = Int(ends[place])
                if length > 0 {
                    (target + filled).copyMemory(from: bytes + Int(source[Int(rows[place])]), byteCount: length)
                    filled += length
                }
                ends[place] = Int32(filled)
            }
        }
        return Column(
            type, count: rows.count, validity: validity, values: memory.values, bytes: target, owner: memory)
    }

    /// Texts that have too many bytes for one column are told by their rows in this one.
    private func gatherAsDictionary(_ rows: UnsafeBufferPointer<Int32>, _ workers: Int) -> Column {
        let buffer = ColumnBuffer(type, count: rows.count, dictionary: self)
        let (target, validity) = (buffer.values(as: Int32.self), buffer.validity)
        let pieces = rows.indices.pieces(of: Self.gatherPiece)
        inParallel(pieces.count, workers: workers) { piece in
            gatherPiece(rows, pieces[piece], into: validity) { row, place in target[place] = Int32(row) }
        }
        return buffer.finish()
    }

    // MARK: Joining

    /// The rows of columns of one type, one column after another.
    ///
    /// - Returns: `nil` if the texts have more bytes than a column can hold.
    public static func concatenate(
        _ columns: [Column], type: ColumnType, workers: Int = availableCores
    ) -> Column? {
        if columns.count == 1 { return columns[0] }
        let total = columns.reduce(0) { $0 + $1.count }
        if type.isVariable { return concatenateStrings(columns, type, total) }
        let buffer = ColumnBuffer(type, count: total)
        var starts = [0]
        for column in columns { starts.append(starts[starts.count - 1] + column.count) }
        let target = UnsafeMutableRawPointer(buffer.values(as: UInt8.self))
        let validity = buffer.validity
        if let width = type.byteWidth {
            inParallel(columns.count, workers: workers) { number in
                let column = columns[number]
                (target + starts[number] * width).copyMemory(
                    from: column.values + column.offset * width, byteCount: column.count * width)
            }
        }
        for (column, start) in zip(columns, starts) {
            if type == .boolean {
                copyBits(
                    column.values.assumingMemoryBound(to: UInt8.self), column.offset, column.count,
                    to: target.assumingMemoryBound(to: UInt8.self), start)
            }
            copyBits(column.validity, column.offset, column.count, to: validity, start)
        }
        return buffer.finish()
    }

    private static func concatenateStrings(_ columns: [Column], _ type: ColumnType, _ total: Int) -> Column? {
        var size = 0
        for column in columns {
            size += column.withStrings { strings in (0..<strings.count).reduce(0) { $0 + strings[$1].count } }
        }
        if size > Int(Int32.max) { return nil }
        let memory = ColumnMemory(values: (total + 1) * 4, validity: (total + 7) / 8)
        let ends = memory.values.assumingMemoryBound(to: Int32.self) + 1
        let target = memory.reserveBytes(size)
        var (row, filled) = (0, 0)
        for column in columns {
            copyBits(column.validity, column.offset, column.count, to: memory.validity, row)
            column.withStrings { strings in
                for place in 0..<strings.count {
                    let text = strings[place]
                    if let start = text.baseAddress, !text.isEmpty {
                        (target + filled).copyMemory(from: start, byteCount: text.count)
                        filled += text.count
                    }
                    ends[row] = Int32(filled)
                    row += 1
                }
            }
        }
        return Column(
            type, count: total, validity: memory.validity, values: memory.values, bytes: target, owner: memory)
    }
}

/// Copies bits to zeroed ones; `nil` stands for ones.
func copyBits(
    _ source: UnsafePointer<UInt8>?, _ offset: Int, _ count: Int, to target: UnsafeMutablePointer<UInt8>, _ start: Int
) {
    var place = 0
    // Whole bytes where both begin one.
    if start & 7 == 0, source == nil || offset & 7 == 0 {
        let bytes = count / 8
        if let source {
            (target + start / 8).update(from: source + offset / 8, count: bytes)
        } else {
            (target + start / 8).update(repeating: 0xff, count: bytes)
        }
        place = bytes * 8
    }
    while place < count {
        if source.map({ bit($0, offset + place) }) ?? true {
            target[(start + place) >> 3] |= 1 << UInt8((start + place) & 7)
        }
        place += 1
    }
}

/// Puts values of several columns into one, wherever they belong.
///
///     var scatter = ColumnScatter(.float32, count: labels, isValid: bits)
///     for piece in pieces { scatter.take(piece.column, places: piece.places, rows: rows, first: piece.first) }
///     let column = scatter.finish()
///
/// Columns whose rows hold the numbers of values in a dictionary come out with the dictionaries one after another.
package struct ColumnScatter: ~Copyable {
    private let type: ColumnType
    private let count: Int
    private let memory: ColumnMemory
    private let width: Int
    private var dictionaries: [Column] = []
    private var dictionaryCount: Int32 = 0

    /// Whether columns of a type are put together so.
    package static func takes(_ type: ColumnType, asDictionary: Bool) -> Bool {
        if type.isVariable { return asDictionary }
        return type.byteWidth.map { [1, 2, 4, 8].contains($0) } ?? false
    }

    /// Begins a column.
    ///
    /// - Parameters:
    ///   - isValid: a bit for each row, set where a value will be put; `nil` if that is everywhere.
    ///   - storage: where the column's memory is.
    package init(_ type: ColumnType, count: Int, isValid: Column?, storage: ColumnStorage = .memory) throws(TableError)
    {
        self.type = type
        self.count = count
        width = type.isVariable ? 4 : type.byteWidth ?? 0
        memory = try storage.memory(values: width * count, validity: (count + 7) / 8)
        if let isValid {
            copyBits(isValid.validity, isValid.offset, count, to: memory.validity, 0)
        } else {
            memory.validity.update(repeating: 0xff, count: (count + 7) / 8)
        }
    }

    /// Puts rows of a column in their places; each place is given once, and is one that gets a value.
    ///
    /// - Parameters:
    ///   - places: where values belong.
    ///   - rows: for each place of the whole column the row whose value it gets, counted from `first` on.
    ///   - first: the number of the piece's first row.
    package mutating func take(
        _ piece: Column, places: UnsafeBufferPointer<Int32>, rows: UnsafeBufferPointer<Int32>, first: Int
    ) {
        if type.isVariable {
            let base = dictionaryCount
            let isNumbered: Void? = piece.withDictionary { numbers, dictionary in
                put(piece, places, rows, first, UInt32.self) { UInt32(bitPattern: numbers[$0] &+ base) }
                dictionaries.append(dictionary)
                dictionaryCount += Int32(dictionary.count)
            }
            precondition(isNumbered != nil, "texts are put together by their numbers in a dictionary")
            return
        }
        switch width {
        case 1:
            piece.withValues(as: UInt8.self) { values in put(piece, places, rows, first, UInt8.self) { values[$0] } }
        case 2:
            piece.withValues(as: UInt16.self) { values in put(piece, places, rows, first, UInt16.self) { values[$0] } }
        case 4:
            piece.withValues(as: UInt32.self) { values in put(piece, places, rows, first, UInt32.self) { values[$0] } }
        default:
            piece.withValues(as: UInt64.self) { values in put(piece, places, rows, first, UInt64.self) { values[$0] } }
        }
    }

    @inline(__always)
    private func put<Value: BitwiseCopyable>(
        _ piece: Column, _ places: UnsafeBufferPointer<Int32>, _ rows: UnsafeBufferPointer<Int32>, _ first: Int,
        _: Value.Type, _ value: (Int) -> Value
    ) {
        let target = memory.values.assumingMemoryBound(to: Value.self)
        if piece.nullCount == 0 {
            for place in places { target[Int(place)] = value(Int(rows[Int(place)]) &- first) }
            return
        }
        for place in places {
            let row = Int(rows[Int(place)]) - first
            if piece.isNull(at: row) {
                memory.validity[Int(place) >> 3] &= ~(1 << UInt8(place & 7))
            } else {
                target[Int(place)] = value(row)
            }
        }
    }

    /// The column; `nil` if the texts of its dictionary are too many bytes.
    package consuming func finish() -> Column? {
        var dictionary: Column?
        if type.isVariable {
            guard let joined = Column.concatenate(dictionaries, type: type) else { return nil }
            dictionary = joined
        }
        return Column(
            type, count: count, validity: memory.validity, values: memory.values, dictionary: dictionary,
            owner: memory)
    }
}

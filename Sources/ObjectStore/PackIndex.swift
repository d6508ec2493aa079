import Crypto
import FileSystem
import SystemPackage

/// A mapped table that says where the objects of one or more packs stand.
///
/// The file is named by the SHA-256 of its bytes. It holds, in this order and little-endian:
///
/// - 16 bytes `vintage index 1\n`; the number of packs (4 bytes), 4 zero bytes; the number of entries (8 bytes);
/// - for each possible first byte of an id, how many entries have that first byte or a lower one (256 × 4 bytes);
/// - for each pack its id (32 bytes) and size (8 bytes);
/// - the entries' ids, ascending, equal ids by kind (32 bytes each);
/// - for each entry its pack's number, its record's offset, stored length and raw length (4 × 4 bytes), kind and
///   encoding (1 byte each) and 2 zero bytes.
package final class PackIndex: Sendable {
    /// A pack that the index covers.
    package struct Pack: Hashable, Sendable {
        package let id: ObjectID
        package let size: UInt64

        package init(id: ObjectID, size: UInt64) {
            self.id = id
            self.size = size
        }
    }

    /// One row to be written: where an object stands in the pack of the given number.
    package struct Entry: Sendable {
        package var header: RecordHeader
        package var pack: UInt32
        package var offset: UInt32

        package init(header: RecordHeader, pack: UInt32, offset: UInt32) {
            self.header = header
            self.pack = pack
            self.offset = offset
        }
    }

    static let magic = Array("vintage index 1\n".utf8)
    static let fanoutOffset = 32
    static let packsOffset = fanoutOffset + 256 * 4
    static let packSize = 40
    static let locationSize = 20

    private let file: MappedFile
    package let packs: [Pack]
    package let count: Int
    private let idsOffset: Int
    private let locationsOffset: Int

    /// The file's name without its ending: the SHA-256 that its bytes should have.
    package var name: String { path.stem ?? "" }
    /// Where the file stands, or stood when it was mapped.
    package let path: FilePath

    /// Maps an index and checks that its parts fit into the file.
    ///
    /// - Parameter place: where the file will stand, if it is mapped under a temporary name.
    package init(_ path: FilePath, movingTo place: FilePath? = nil) throws(StoreError) {
        let file = try withFileErrors { () throws(FileError) in try MappedFile(path) }
        self.file = file
        self.path = place ?? path
        let bytes = file.bytes
        func damaged(_ reason: String) -> StoreError { .damagedFile(path: displayed(path), reason: reason) }
        guard bytes.count >= Self.packsOffset, bytes.starts(with: Self.magic) else { throw damaged("it is no index") }
        let packCount = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
        let entryCount = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        guard entryCount < 1 << 32 else { throw damaged("its counts are out of range") }
        count = Int(entryCount)
        idsOffset = Self.packsOffset + packCount * Self.packSize
        locationsOffset = idsOffset + count * ObjectID.byteCount
        guard bytes.count == locationsOffset + count * Self.locationSize else {
            throw damaged("its size does not match its counts")
        }
        var packs: [Pack] = []
        for number in 0..<packCount {
            let offset = Self.packsOffset + number * Self.packSize
            let size = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 32, as: UInt64.self))
            packs.append(Pack(id: ObjectID(loading: bytes, at: offset), size: size))
        }
        self.packs = packs
        var last: UInt32 = 0
        for first in 0..<256 {
            let end = Self.fanout(bytes, first)
            guard end >= last, end <= UInt32(count) else { throw damaged("its fan-out table is not ascending") }
            last = end
        }
        guard Int(last) == count else { throw damaged("its fan-out table does not cover its entries") }
    }

    private static func fanout(_ bytes: UnsafeRawBufferPointer, _ first: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: fanoutOffset + first * 4, as: UInt32.self))
    }

    /// The id of the entry at a position.
    package func id(at position: Int) -> ObjectID {
        ObjectID(loading: file.bytes, at: idsOffset + position * ObjectID.byteCount)
    }

    /// The entry at a position; `nil` if its bytes are damaged.
    package func entry(at position: Int) -> Entry? {
        let offset = locationsOffset + position * Self.locationSize
        let bytes = file.bytes
        func word(_ index: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + index * 4, as: UInt32.self))
        }
        guard let kind = ObjectKind(rawValue: bytes[offset + 16]),
            let encoding = PayloadEncoding(rawValue: bytes[offset + 17]), word(0) < UInt32(packs.count)
        else { return nil }
        let header = RecordHeader(
            key: ObjectKey(id(at: position), kind), encoding: encoding, rawLength: word(3), storedLength: word(2))
        let end = UInt64(word(1)) + UInt64(PackFormat.recordHeaderCount) + UInt64(word(2))
        guard end <= packs[Int(word(0))].size, Int(word(3)) <= PackFormat.maximumObjectSize else { return nil }
        return Entry(header: header, pack: word(0), offset: word(1))
    }

    /// The position of an object's entry, or `nil`.
    ///
    /// - Complexity: O(log *n*).
    package func position(of key: ObjectKey) -> Int? {
        let first = Int(key.id.words.0 >> 56)
        var low = first == 0 ? 0 : Int(Self.fanout(file.bytes, first - 1))
        var high = Int(Self.fanout(file.bytes, first))
        while low < high {
            let middle = (low + high) / 2
            if id(at: middle) < key.id { low = middle + 1 } else { high = middle }
        }
        while low < count, id(at: low) == key.id {
            if file.bytes[locationsOffset + low * Self.locationSize + 16] == key.kind.rawValue { return low }
            low += 1
        }
        return nil
    }

    /// Where an object stands, or `nil`.
    package func location(of key: ObjectKey) -> RecordLocation? {
        guard let position = position(of: key), let entry = entry(at: position) else { return nil }
        return RecordLocation(header: entry.header, pack: packs[Int(entry.pack)].id, offset: entry.offset)
    }

    /// The ids of objects that start with the given hexadecimal digits, at most `limit`, each with its kind.
    package func keys(withHexPrefix prefix: String, limit: Int) -> [ObjectKey] {
        let padded = prefix + String(repeating: "0", count: max(0, 64 - prefix.utf8.count))
        guard let start = ObjectID(hex: padded) else { return [] }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if id(at: middle) < start { low = middle + 1 } else { high = middle }
        }
        var found: [ObjectKey] = []
        while low < count, found.count < limit, let entry = entry(at: low),
            entry.header.key.id.description.hasPrefix(prefix)
        {
            found.append(entry.header.key)
            low += 1
        }
        return found
    }

    /// Whether the file's bytes have the hash in its name, and each entry is well-formed and in order.
    package func isIntact() -> Bool {
        guard ObjectID(of: file.bytes).description == name else { return false }
        var last: ObjectKey?
        for position in 0..<count {
            guard let entry = entry(at: position) else { return false }
            if let last, !(last < entry.header.key) { return false }
            last = entry.header.key
        }
        return true
    }

    // MARK: Writing

    /// The bytes of an index over the given packs.
    ///
    /// - Parameter entries: in any order; of several for one key the first is kept.
    package static func encode(packs: [Pack], entries: [Entry]) -> [UInt8] {
        var order = Array(entries.indices)
        order.sort { left, right in
            let (a, b) = (entries[left].header.key, entries[right].header.key)
            return a == b ? left < right : a < b
        }
        var unique: [Int] = []
        unique.reserveCapacity(order.count)
        for index in order where unique.isEmpty || entries[unique.last!].header.key != entries[index].header.key {
            unique.append(index)
        }
        let idsOffset = packsOffset + packs.count * packSize
        let locationsOffset = idsOffset + unique.count * ObjectID.byteCount
        let total = locationsOffset + unique.count * locationSize
        return [UInt8](unsafeUninitializedCapacity: total) { buffer, filled in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            bytes.copyBytes(from: magic)
            bytes.storeBytes(of: UInt32(packs.count).littleEndian, toByteOffset: 16, as: UInt32.self)
            bytes.storeBytes(of: UInt64(unique.count).littleEndian, toByteOffset: 24, as: UInt64.self)
            for (number, pack) in packs.enumerated() {
                pack.id.store(into: bytes, at: packsOffset + number * packSize)
                bytes.storeBytes(
                    of: pack.size.littleEndian, toByteOffset: packsOffset + number * packSize + 32, as: UInt64.self)
            }
            var counts = [UInt32](repeating: 0, count: 256)
            for (row, index) in unique.enumerated() {
                let entry = entries[index]
                counts[Int(entry.header.key.id.words.0 >> 56)] += 1
                entry.header.key.id.store(into: bytes, at: idsOffset + row * ObjectID.byteCount)
                let offset = locationsOffset + row * locationSize
                bytes.storeBytes(of: entry.pack.littleEndian, toByteOffset: offset, as: UInt32.self)
                bytes.storeBytes(of: entry.offset.littleEndian, toByteOffset: offset + 4, as: UInt32.self)
                bytes.storeBytes(of: entry.header.storedLength.littleEndian, toByteOffset: offset + 8, as: UInt32.self)
                bytes.storeBytes(of: entry.header.rawLength.littleEndian, toByteOffset: offset + 12, as: UInt32.self)
                bytes[offset + 16] = entry.header.key.kind.rawValue
                bytes[offset + 17] = entry.header.encoding.rawValue
            }
            var sum: UInt32 = 0
            for first in 0..<256 {
                sum += counts[first]
                bytes.storeBytes(of: sum.littleEndian, toByteOffset: fanoutOffset + first * 4, as: UInt32.self)
            }
            filled = total
        }
    }
}

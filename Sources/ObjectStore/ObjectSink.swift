import Synchronization

/// Takes objects and gives their ids: a store's writer, or something that only wants to know the ids.
package protocol ObjectSink: Sendable {
    /// Takes an object.
    func put(_ bytes: UnsafeRawBufferPointer, kind: ObjectKind) throws(StoreError) -> ObjectID
}

extension ObjectSink {
    package func put(_ bytes: [UInt8], kind: ObjectKind) throws(StoreError) -> ObjectID {
        try bytes.withUnsafeTypedBytes { (bytes) throws(StoreError) in try self.put(bytes, kind: kind) }
    }
}

extension StoreWriter: ObjectSink {}

/// A store with folder listings beside it that are kept in memory only.
///
/// It tells what working files hold without storing them: chunks and manifests are hashed and dropped, listings are
/// kept, so that they can be compared with stored ones.
package final class TreeOverlay: TreeSource, ObjectSink {
    private let store: Store
    private let listings = Mutex<[ObjectID: [UInt8]]>([:])

    package init(over store: Store) { self.store = store }

    package func put(_ bytes: UnsafeRawBufferPointer, kind: ObjectKind) throws(StoreError) -> ObjectID {
        let id = ObjectID(of: bytes)
        if kind == .tree, !store.contains(id, kind: .tree) {
            let listing = Array(bytes)
            listings.withLock { $0[id] = listing }
        }
        return id
    }

    package func treeNode(_ id: ObjectID, level: UInt8) throws(StoreError) -> TreeNode {
        guard let listing = listings.withLock({ $0[id] }) else { return try store.treeNode(id, level: level) }
        do throws(DecodingFailure) {
            return try TreeNode(decoding: listing)
        } catch {
            throw .malformed(id, reason: error.reason)
        }
    }
}

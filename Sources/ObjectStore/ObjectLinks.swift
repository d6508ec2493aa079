/// What one object says of another that it needs: its key, and the level that it must have.
package struct ObjectLink: Hashable, Sendable {
    package let key: ObjectKey
    /// For a node of a listing or of a manifest how many levels stand below it, else 0.
    package let level: UInt8

    package init(_ key: ObjectKey, level: UInt8 = 0) {
        self.key = key
        self.level = level
    }

    /// Names the content of a file that is not empty.
    package init(_ content: FileReference) {
        self.init(ObjectKey(content.id, content.kind), level: content.level)
    }

    /// Names the content of a node; `nil` for an empty file, which needs nothing.
    package init?(_ node: Node) {
        switch node {
        case .directory(let tree): self.init(ObjectKey(tree.id, .tree), level: tree.level)
        case .file(let file, _), .link(let file):
            guard file.size > 0 || file.level > 0 else { return nil }
            self.init(file)
        }
    }

    /// What the object that this names needs to be whole, in its own order. A snapshot's history is not part of that.
    ///
    /// - Parameter bytes: the object's bytes, whose hash was checked.
    /// - Throws: ``StoreError/malformed(_:reason:)`` if they decode to nothing, or to an object of another level.
    package func links(in bytes: [UInt8]) throws(StoreError) -> [ObjectLink] {
        do throws(DecodingFailure) {
            switch key.kind {
            case .chunk: return []
            case .snapshot: return [ObjectLink(try Snapshot(decoding: bytes).root)].compactMap { $0 }
            case .manifest:
                let manifest = try Manifest(decoding: bytes)
                guard manifest.level == level else { throw Self.wrongLevel }
                let kind: ObjectKind = level == 1 ? .chunk : .manifest
                return manifest.entries.map { ObjectLink(ObjectKey($0.id, kind), level: level - 1) }
            case .tree:
                switch try TreeNode(decoding: bytes).content {
                case .leaf(let entries):
                    guard level == 0 else { throw Self.wrongLevel }
                    return entries.compactMap { ObjectLink($0.node) }
                case .inner(let found, let children):
                    guard level == found else { throw Self.wrongLevel }
                    return children.map { ObjectLink(ObjectKey($0.id, .tree), level: level - 1) }
                }
            }
        } catch {
            throw .malformed(key.id, reason: error.reason)
        }
    }

    private static let wrongLevel = DecodingFailure("its level is not the one it is named with")
}
